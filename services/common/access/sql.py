"""A caller's factories as a condition of SQL, which says of each row what `Scope.covers` says of its factory.

A plant that is NULL or empty is the same: there is none. What is in no factory is seen by whoever sees everything.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, any_, bindparam, false, func, or_, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from services.common.access.domain import Grant, Scope

_NOTHING_STORED = "\0"  # no text of PostgreSQL has it


def within(scope: Scope, plant: ColumnElement[Any], factory: ColumnElement[Any]) -> ColumnElement[bool]:
    """Returns the condition that a row's factory is one of the caller's; never NULL.

    Of a scope that is everything it is SQLAlchemy's `true()`, which vanishes beside other conditions.
    """
    if scope.is_everything:
        return true()
    factories, plants, pairs = _parts(scope)
    there = func.coalesce(plant, "")
    ways: list[ColumnElement[bool]] = []
    if factories:
        ways.append(factory == any_(_texts(factories)))
    if plants:
        ways.append(there == any_(_texts(plants)))
    if pairs:
        named = func.unnest(_texts([one for one, _ in pairs]), _texts([one for _, one in pairs]))
        columns = named.table_valued("plant", "factory").render_derived()
        ways.append(tuple_(there, factory).in_(columns.select()))
    return and_(factory.is_not(None), or_(false(), *ways))


def within_text(scope: Scope, plant: str, factory: str, first: int) -> tuple[str, list[list[str]]]:
    """Returns the same as SQL for asyncpg, in brackets, with its parameters: the first of them is `$first`.

    `plant` and `factory` are column names or other SQL. Of a scope that is everything it is `true` without parameters.
    """
    if scope.is_everything:
        return "true", []
    factories, plants, pairs = _parts(scope)
    condition = f"""({factory} IS NOT NULL AND (
        {factory} = ANY(${first}::text[]) OR coalesce({plant}, '') = ANY(${first + 1}::text[])
        OR (coalesce({plant}, ''), {factory}) IN (SELECT * FROM unnest(${first + 2}::text[], ${first + 3}::text[]))
    ))"""  # noqa: S608  the caller's own names; what is anybody's comes as parameters
    return condition, [factories, plants, [one for one, _ in pairs], [one for _, one in pairs]]


def _parts(scope: Scope) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Returns the factories of any plant, the whole plants, and single factories with their plants, each in order."""
    grants = [grant for grant in scope.grants if _can_be_stored(grant)]
    factories = [one.factory for one in grants if one.plant is None and one.factory is not None]
    plants = [one.plant for one in grants if one.plant is not None and one.factory is None]
    pairs = [(one.plant, one.factory) for one in grants if one.plant is not None and one.factory is not None]
    return sorted(factories), sorted(plants), sorted(pairs)


def _can_be_stored(grant: Grant) -> bool:
    """Tells whether PostgreSQL could have such a name; it refuses others even as the parameter of a search."""
    words = (grant.plant or "") + (grant.factory or "")
    return _NOTHING_STORED not in words and words.encode(errors="replace").decode() == words


def _texts(values: Sequence[str]) -> ColumnElement[Any]:
    return bindparam(None, list(values), type_=ARRAY(Text), unique=True)
