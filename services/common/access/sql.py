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


def within_text(scope: Scope, plant: str, factory: str, first: int) -> tuple[str, list[str | list[str]]]:
    """Returns the same as SQL for asyncpg, in brackets, with its parameters: the first of them is `$first`.

    `plant` and `factory` are column names or other SQL. Of a scope that is everything it is `true` without parameters;
    the plant is looked at only where a grant names one, and a single factory is compared so that an index serves.
    """
    if scope.is_everything:
        return "true", []
    factories, plants, pairs = _parts(scope)
    ways, parameters = [], list[str | list[str]]()
    if factories:
        is_one = len(factories) == 1
        ways.append(f"{factory} = ${first}" if is_one else f"{factory} = ANY(${first}::text[])")
        parameters.append(factories[0] if is_one else factories)
    if plants:
        ways.append(f"coalesce({plant}, '') = ANY(${first + len(parameters)}::text[])")
        parameters.append(plants)
    if pairs:
        number = first + len(parameters)
        named = f"SELECT * FROM unnest(${number}::text[], ${number + 1}::text[])"  # noqa: S608  our own words
        # The first test is in the second, too, and is cheap where the plant is to be looked up.
        ways.append(f"({factory} = ANY(${number + 1}::text[]) AND (coalesce({plant}, ''), {factory}) IN ({named}))")
        parameters += [[one for one, _ in pairs], [one for _, one in pairs]]
    return f"({factory} IS NOT NULL AND ({' OR '.join(ways) or 'false'}))", parameters


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
