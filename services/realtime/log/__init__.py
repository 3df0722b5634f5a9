"""The reading log: every stored reading once, in the order of the commits, for consumers and for the live view."""
