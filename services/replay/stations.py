"""The stations of the record, presented as sensors in three factories."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Station:
    """A station of the record, and the place and sensor that stand for it. The sensor has the station's name."""

    name: str
    title: str
    loc_id: str
    factory: str
    building: str
    floor: int
    area: str
    height_m: float = 1.5
    plant: str = "New York"


STATIONS = (
    Station("EWR", "Newark weather station", "EWR-ramp", "Newark", "Terminal B", 1, "Ramp"),
    Station("JFK", "Kennedy weather station", "JFK-hangar", "Kennedy", "Hangar 12", 1, "Maintenance bay"),
    Station("LGA", "LaGuardia weather station", "LGA-sorting", "LaGuardia", "Cargo", 2, "Sorting hall"),
)
