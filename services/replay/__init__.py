"""Replays a year of real weather-station readings, as a client of the public contracts. It owns no data of the mesh."""
