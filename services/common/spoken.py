"""What a log may tell of an error: of a database's error nothing of the rows that it speaks of."""

import re
import traceback

from sqlalchemy.exc import DBAPIError

# What PostgreSQL, asyncpg and SQLAlchemy add to a message: the values of a key or of a whole row, the one that a column
# cannot take, the statement. Names and notes of people are among them.
_ADDED = re.compile(r"\n(?:DETAIL:|HINT:|CONTEXT:|\[SQL|\[parameters|\(Background)")
_VALUE = re.compile(
    r"(invalid input (?:for query argument \$\d+|syntax for type [\w ]+|value for enum \w+)):.*", re.DOTALL
)
_FROM = "\nThe above exception was the direct cause of the following exception:\n\n"


def spoken(error: BaseException) -> str:
    """Returns the class of an error and its words, without values of statements and rows."""
    if isinstance(error, DBAPIError) and isinstance(error.orig, BaseException):
        error = error.orig.__cause__ or error.orig  # SQLAlchemy's own words say the same twice
    words = _VALUE.sub(r"\1", _ADDED.split(str(error), maxsplit=1)[0])
    return f"{type(error).__name__}: {words}".removesuffix(": ")


def traced(error: BaseException) -> str:
    """Returns where an error and its causes were raised, as Python shows it, with words that a log may tell."""
    return "".join(_parts(error, set()))


def _parts(error: BaseException, seen: set[int]) -> list[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = [*_parts(cause, seen), _FROM] if cause is not None and id(cause) not in seen else []
    place = ["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__)]
    within = [
        part
        for number, one in enumerate(error.exceptions if isinstance(error, BaseExceptionGroup) else (), 1)
        for part in ([f"\n{number} of the group:\n", *_parts(one, seen)] if id(one) not in seen else [])
    ]
    return [*before, *place, spoken(error), "\n", *within]
