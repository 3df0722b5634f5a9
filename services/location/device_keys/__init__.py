"""The keys by which devices send readings: made, rotated and revoked here, and followed by who lets devices in."""
