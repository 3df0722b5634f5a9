"""Who changed what: takes records in, tells them, keeps their months."""
