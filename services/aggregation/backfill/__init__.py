"""Makes rollups anew from the raw readings, and verifies them."""
