"""Tells what happened: events, one alert's story, statistics, files."""
