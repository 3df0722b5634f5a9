"""Delivers what happens to alerts to the alert history: at least once, in order for each alert."""
