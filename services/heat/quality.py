"""What a reading is worth, as it is stored and logged. Pure."""

from types import MappingProxyType

GOOD, IMPLAUSIBLE, FLAT, PINNED = 1, 2, 3, 4

# Everything but GOOD is SUSPECT, for one of these reasons.
REASONS = MappingProxyType({IMPLAUSIBLE: "implausible", FLAT: "flat", PINNED: "pinned"})
