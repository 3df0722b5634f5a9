"""The command `montrg`."""
