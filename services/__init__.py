"""The six services, and what they share."""
