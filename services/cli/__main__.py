"""Runs the command `montrg` as `python -m services.cli`."""

from services.cli.main import main

main()
