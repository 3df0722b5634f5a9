"""Callers, roles and scopes as values. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import lru_cache

from services.common.errors import ForbiddenError


class Role(IntEnum):
    """What a person or program is trusted with; each may do what the ones before it may."""

    VIEWER = 1
    OPERATOR = 2
    ENGINEER = 3
    ADMIN = 4


class Reach(IntEnum):
    """How a method meets a caller who may see some factories only, as in the contracts."""

    OWN = 1
    COMMON = 2
    ALL = 3


class Kind(Enum):
    """What a caller is."""

    PERSON = "person"  # or a program that signs in as one does
    DEVICE = "device"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Grant:
    """A part of the company that a caller may see: a plant, a factory of one, or of any; None is any."""

    plant: str | None = None
    factory: str | None = None

    def covers(self, plant: str, factory: str) -> bool:
        """Tells whether a factory is in it."""
        return (self.plant is None or self.plant == plant) and (self.factory is None or self.factory == factory)


_ANY = Grant()


@dataclass(frozen=True, slots=True, repr=False)
class Scope:
    """The factories that a caller may see: those of any of the grants; without one there are none."""

    grants: frozenset[Grant]

    def __repr__(self) -> str:
        """Returns the same text in every process, so that tokens which are bound to it hold on each replica."""
        return f"Scope({sorted(map(repr, self.grants))})"

    @property
    def is_everything(self) -> bool:
        """Whether there is nothing that the caller may not see."""
        return _ANY in self.grants

    @property
    def limit(self) -> "Scope | None":
        """The scope where there is anything to compare; None where it is everything."""
        return None if self.is_everything else self

    def covers(self, plant: str | None, factory: str | None) -> bool:
        """Tells whether the caller may see a factory. What is in no factory takes a caller who may see everything."""
        return self.is_everything if factory is None else _covers(self.grants, plant or "", factory)

    def require(self, plant: str | None, factory: str | None, field: str = "factory") -> None:
        """Raises ForbiddenError where the caller may not see what it is about to make; `field` is what it gave."""
        if not self.covers(plant, factory):
            given = "left out" if not factory else f"{factory!r}"
            message = f"{field}: is {given}, and you may work with {self.words()} alone"
            raise ForbiddenError(message, "OUT_OF_SCOPE", {"field": field})

    def words(self) -> str:
        """Returns the scope as people write it, such as `Ulsan > Press, Newark`."""
        return ", ".join(sorted(map(_words, self.grants))) or "no factory"


@lru_cache(maxsize=10_000)
def _covers(grants: frozenset[Grant], plant: str, factory: str) -> bool:
    """Tells whether any of the grants has a factory; kept, since streams ask it of every sensor that has changed."""
    return any(grant.covers(plant, factory) for grant in grants)


def _words(grant: Grant) -> str:
    if grant == _ANY:
        return ANYTHING
    return (grant.factory or "") if grant.plant is None else f"{grant.plant}{INSIDE}{grant.factory or ANYTHING}"


ANYTHING = "*"
INSIDE = " > "
EVERYTHING = Scope(frozenset({_ANY}))
NOTHING = Scope(frozenset())


def scope_of(words: Iterable[str]) -> Scope:
    """Reads a scope: `*`, a factory, `plant > factory` or `plant > *`."""
    return Scope(frozenset(map(_grant, words)))


def _grant(words: str) -> Grant:
    head, inside, tail = words.rpartition(INSIDE)
    factory = None if tail == ANYTHING else tail
    return Grant(head, factory) if inside else Grant(None, factory)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call.

    Attributes:
        kind: a person, a device or another service.
        name: the person's name as their token has it, the device key's id, the service's name in the catalog.
        role: what a person is trusted with; None for a device and for a service.
        scope: the factories whose things the caller may see and touch.
        sensors: the sensors that a device may write readings of; None for all in the scope.
        address: where the call came from, as the Envoy at the edge saw it; empty where nobody told.
        is_known: whether it was shown who it is; in a mesh without sign-in nobody is known.
    """

    kind: Kind
    name: str
    role: Role | None = None
    scope: Scope = NOTHING
    sensors: frozenset[str] | None = field(default=None)
    address: str = ""
    is_known: bool = True


def service(name: str, address: str = "") -> Caller:
    """Returns a neighbour as a caller: what it may call is in the table, and it sees everything there."""
    return Caller(Kind.SERVICE, name, None, EVERYTHING, None, address)


def anybody(address: str = "") -> Caller:
    """Returns the caller of a mesh without sign-in: everybody is the same one, who may do everything."""
    return Caller(Kind.PERSON, ANONYMOUS, Role.ADMIN, EVERYTHING, None, address, is_known=False)


ANONYMOUS = "anonymous"
