"""Places in what they are in, the worst level rolled up, cut to as many lines as there are. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import attrgetter

from services.watch.domain import FELT, METRICS, Seen, danger

WORST, NAME = "worst", "name"
ORDERS = (WORST, NAME)
NOWHERE = "place not known"

_COLDEST = float("-inf")
_ByName = tuple[tuple[int, int, str], ...]
_Key = tuple[int, float, _ByName]


# Two are the same only if they are one: to compare all that is in them would take long.
@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A place with its sensors.

    Attributes:
        name: what it is called.
        sensors: those of the place; the first is the one whose values stand for it.
        level: the worst of those that are not stale; None where nobody can tell.
        by: the metric that has this level.
        felt: the perceived temperature of the first sensor.
        key: by what it is sorted, the first first.
        above: what it is in, the widest first.
    """

    name: str
    sensors: tuple[Seen, ...]
    level: str | None
    by: str
    felt: float | None
    key: "_Key"
    above: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """What holds places, or other groups.

    Attributes:
        name: what it is called, with what it alone is in.
        children: what is in it, in order.
        level: the worst in it.
        by: the metric that has this level; of several the first of METRICS.
        felt: the highest perceived temperature in it of a sensor that is not stale; None without any.
        places: how many places are in it.
        key: by what it is sorted, the first first.
    """

    name: str
    children: "tuple[Node, ...]"
    level: str | None
    by: str
    felt: float | None
    places: int
    key: "_Key"


Node = Spot | Group


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a node, and what it is in."""

    node: Node
    above: tuple[Group, ...]


def tree(seen: Iterable[Seen], order: str) -> tuple[Node, ...]:
    """Returns all places; among neighbours the worst comes first, or the first by name."""
    by_place: dict[str, list[Seen]] = {}
    for each in seen:
        by_place.setdefault(each.where.loc_id, []).append(each)
    spots = [_spot(sensors) for sensors in by_place.values()]
    return _nodes(sorted(spots, key=attrgetter("above")), 0, order)


def _spot(sensors: list[Seen]) -> Spot:
    # One that is silent says nothing of now: it stands for the place only where there is no other.
    ordered = sorted(sensors, key=lambda s: (s.is_stale, -danger(s.level), -_heat(s.felt), s.sensor_id))
    first = ordered[0]
    name, is_stale = first.where.name, first.is_stale
    level, by = (None, FELT) if is_stale else (first.level, first.by)
    key = _key(level, None if is_stale else first.felt, name)
    return Spot(name, tuple(ordered), level, by, first.felt, key, first.where.above or (NOWHERE,))


def _nodes(spots: Sequence[Spot], depth: int, order: str) -> tuple[Node, ...]:
    """Returns the nodes of places that are sorted by what they are in, which is the same down to this depth."""
    found: list[Node] = [spot for spot in spots if len(spot.above) == depth]
    deeper = [spot for spot in spots if len(spot.above) > depth]
    for name, inside in groupby(deeper, key=lambda spot: spot.above[depth]):
        found.append(_group(name, _nodes(list(inside), depth + 1, order)))
    return tuple(sorted(found, key=_worst if order == WORST else _name))


def _group(name: str, children: tuple[Node, ...]) -> Group:
    if len(children) == 1 and isinstance(children[0], Group):  # two lines would say the same
        only = children[0]
        name = f"{name} > {only.name}"
        return Group(
            name, only.children, only.level, only.by, only.felt, only.places, _key(only.level, only.felt, name)
        )
    level = max((child.level for child in children), key=danger)
    by = min((child.by for child in children if child.level == level), key=METRICS.index)
    felt = max((value for value in map(_fresh, children) if value is not None), default=None)
    places = sum(child.places if isinstance(child, Group) else 1 for child in children)
    return Group(name, children, level, by, felt, places, _key(level, felt, name))


def _fresh(node: Node) -> float | None:
    """Returns the highest perceived temperature now, which need not be that of the sensor that is worst."""
    if isinstance(node, Group):
        return node.felt
    return max((s.felt for s in node.sensors if s.felt is not None and not s.is_stale), default=None)


def _heat(felt: float | None) -> float:
    return _COLDEST if felt is None else felt


def _key(level: str | None, felt: float | None, name: str) -> _Key:
    """Returns by what the worst comes first; one that is silent counts as without a value."""
    return -danger(level), -_heat(felt), _words(name)


def _worst(node: Node) -> _Key:
    return node.key


def _name(node: Node) -> _ByName:
    return node.key[2]


@lru_cache(maxsize=100_000)
def _words(name: str) -> _ByName:
    """Returns a name's words so that floor -1 comes before floor 2, and that before floor 10."""
    return tuple((0, int(word), "") if _is_number(word) else (1, 0, word) for word in name.split())


def _is_number(word: str) -> bool:
    return word.removeprefix("-").isdecimal()


def fitting(nodes: Sequence[Node], lines: int | None) -> tuple[list[Row], int]:
    """Returns what fits into so many lines, in order, and how many places do not: the worst ones do.

    Where something is left out, one line is kept for saying so. None fits all.
    """
    rows = list(_rows(nodes, ()))
    if lines is None or len(rows) <= lines:
        return rows, 0
    spots = sorted((row for row in rows if isinstance(row.node, Spot)), key=lambda row: row.node.key)
    shown: set[Node] = set()
    count = 0
    for row in spots:
        more = {row.node, *row.above} - shown
        # Once one does not fit no later one may: what is shown is as bad as anything that is not.
        if len(shown) + len(more) > lines - 1:
            break
        shown |= more
        count += 1
    return [row for row in rows if row.node in shown], len(spots) - count


def _rows(nodes: Sequence[Node], above: tuple[Group, ...]) -> Iterator[Row]:
    for node in nodes:
        yield Row(node, above)
        if isinstance(node, Group):
            yield from _rows(node.children, (*above, node))
