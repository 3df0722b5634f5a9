"""Boards for tests: measurements are rendered as words that a test can read."""

from services.directory.domain import Directory, Place, PlaceFilter, Sensor
from services.realtime.live.board import Board
from services.realtime.live.domain import Reading

SECOND = 1_000_000
NOON = 1_784_109_600 * SECOND  # 2026-07-15T10:00:00Z
EVERYWHERE = PlaceFilter()


def render(reading, quality, where, levels):
    """Everything that a measurement shows, as text."""
    place = where.place.factory if where.place else None
    age = (reading.capture_time - NOON) // SECOND
    return f"{reading.sensor_id}@{age} {reading.temperature} {quality} {where.loc_id}/{place} {levels[0]}".encode()


def reading(sensor_id, age=0, temperature=20.0, loc_id="A-1", quality=1):
    """A reading; `age` counts seconds from noon, and before it negative."""
    return Reading(sensor_id, NOON + age * SECOND, loc_id, temperature, 50.0, None, quality, 0.0)


def sensor(sensor_id, loc_id="A-1", interval_s=60, *, is_active=True):
    return Sensor(sensor_id, loc_id, is_active, interval_s, "summer", [])


def place(loc_id, factory="F1", building="B1", floor=1):
    return Place(loc_id, "P", factory, building, floor, "")


def directory(*sensors, places=()):
    """A directory of some sensors, and of the places or else of A-1 in F1 and B-1 in F2."""
    known = places or (place("A-1"), place("B-1", "F2"))
    return Directory(1, {s.sensor_id: s for s in sensors}, {p.loc_id: p for p in known})


def board_of(*readings, known=("s1", "s2", "s3"), drawn=None):
    """A board at noon with the sensors and readings, and what it renders in `drawn`."""

    def draw(*shown):
        body = render(*shown)
        if drawn is not None:
            drawn.append(body.decode())
        return body

    board = Board(draw)
    board.advance(NOON)
    board.set_directory(directory(*map(sensor, known)))
    board.load(readings, 10)
    return board


def words(bodies):
    return [body.decode() for body in bodies]
