"""The limits that thresholds keeps, as the services that follow it know them: pure but for its client."""
