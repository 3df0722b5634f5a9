"""Who is told of which alerts."""
