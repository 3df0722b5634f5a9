"""A whole mesh for all that is looked at in a browser: each test makes what it needs of its own places."""

import secrets

import pytest

from tests.support.site import Place, running_site


@pytest.fixture(scope="package")
async def site(browser):
    """A mesh with known places, sensors and readings; without a browser none is started."""
    async with running_site() as site:
        yield site


@pytest.fixture
async def place(site):
    """A place of the test's own, which is as cool as the others until it writes otherwise."""
    loc_id = f"own-{secrets.token_hex(3)}"
    place = Place(loc_id, "Own", "B9", 9, f"Area {loc_id}", 28.0)
    await site.add(place)
    yield place
    await site.remove(place)
