"""Keyset paging: opaque tokens that are bound to the query they continue."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.common import tokens
from services.common.errors import InvalidInputError, invalid

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000

_MOST_INT32 = 2**31 - 1

Key = tuple[tokens.Value, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What part of a list is wanted.

    Attributes:
        limit: how many rows, 1 to 1,000.
        skip: how many rows to leave out first.
        after: the key of the last row that the caller has, or None at the start.
        query: a digest of the list's filters, which a token must repeat.
    """

    limit: int
    skip: int
    after: Key | None
    query: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, and the token of the next part, empty at the end."""

    items: Sequence[T]
    next_page_token: str


def page_request(limit: int, skip: int, page_token: str, types: tuple[type, ...], *filters: object) -> PageRequest:
    """Checks what a caller asked for.

    Args:
        limit: 0 means 100; more than 1,000 is taken as 1,000; a negative one is InvalidInputError.
        skip: a negative one is InvalidInputError.
        page_token: a token of an earlier page of the same list, or empty.
        types: the types of the list's key columns.
        filters: what else decides which rows are in the list.
    """
    if limit < 0:
        raise invalid("limit", f"is {limit}; give 1 to {MAX_LIMIT}, or leave it out for {DEFAULT_LIMIT}")
    if skip < 0:
        raise invalid("skip", f"is {skip}; give 0 or more")
    query = hashlib.sha256(repr(filters).encode()).hexdigest()[:12]
    after = _decode(page_token, query, types) if page_token else None
    return PageRequest(min(limit or DEFAULT_LIMIT, MAX_LIMIT), skip, after, query)


def page(rows: Sequence[T], request: PageRequest, key: Callable[[T], Key]) -> Page[T]:
    """Makes a page of `rows`, of which the repository read one more than the limit."""
    items = rows[: request.limit]
    more = len(rows) > request.limit
    return Page(items, tokens.encode([request.query, *key(items[-1])]) if more else "")


def not_of_this_list() -> InvalidInputError:
    """Words the refusal of a token that continues another list, or none."""
    return invalid("page_token", "is not a token of this list; take x-next-page-token of its last page")


def _decode(token: str, query: str, types: tuple[type, ...]) -> Key:
    try:
        token_query, *key = tokens.decode(token, (str, *types))
    except ValueError:
        token_query, key = None, []
    # Keys are int32 columns: the database could not compare with more.
    too_large = any(isinstance(value, int) and abs(value) > _MOST_INT32 for value in key)
    if token_query != query or too_large:
        raise not_of_this_list()
    return tuple(key)
