"""Takes readings in: what each row's outcome is, and how many of them are stored at once."""
