"""Addresses of a database with TLS, in both spellings."""

import pytest
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from services.common.database_url import plain_url, sqlalchemy_url


@pytest.mark.parametrize("query", ["sslmode=require", "ssl=require"])
def test_each_library_is_given_its_own_word_for_tls(query):
    url = f"postgresql://role:p%40ss@db:5432/montrg?{query}&application_name=x"
    _, options = dialect().create_connect_args(sqlalchemy_url(url))
    assert (options["ssl"], options["password"], "sslmode" in options) == ("require", "p@ss", False)
    plain = plain_url(url)
    assert plain.startswith("postgresql://role:p%40ss@db:5432/montrg?")
    assert "sslmode=require" in plain
    assert "&ssl=" not in plain
    assert "?ssl=" not in plain


def test_an_address_without_tls_stays_as_it_is():
    assert plain_url("postgresql+asyncpg://role@db/montrg") == "postgresql://role@db/montrg"
