"""The live view: what is measured now, kept in memory, for those who ask once and for those who watch."""
