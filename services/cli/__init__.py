"""The `montrg` command."""
