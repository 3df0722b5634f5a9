"""Owns the places of a company, from plant to area, and the sensors that hang there."""
