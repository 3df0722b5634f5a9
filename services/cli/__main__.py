"""Runs the command; the same as `montrg`."""

import sys

from services.cli.main import main

sys.exit(main())
