"""One address of a database, as each of the libraries that connect to it wants it.

TLS may be asked for as PostgreSQL's own tools do (`?sslmode=require`) or as SQLAlchemy's driver does (`?ssl=require`).
"""

from sqlalchemy.engine import URL, make_url


def sqlalchemy_url(database_url: str) -> URL:
    """Returns the address for SQLAlchemy over asyncpg."""
    return _renamed(make_url(database_url), "sslmode", "ssl").set(drivername="postgresql+asyncpg")


def plain_url(database_url: str) -> str:
    """Returns the address as asyncpg itself and PostgreSQL's tools take it."""
    url = _renamed(make_url(database_url), "ssl", "sslmode").set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def _renamed(url: URL, old: str, new: str) -> URL:
    value = url.query.get(old)
    return url if value is None else url.difference_update_query([old]).update_query_dict({new: value})
