"""Runs the replay; the same as `montrg replay`."""

import sys

from services.cli.main import main

sys.exit(main(["replay", *sys.argv[1:]]))
