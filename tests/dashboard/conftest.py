"""A whole mesh for all that is looked at in a browser: each test makes what it needs of its own places."""

import pytest

from tests.support.site import running_site


@pytest.fixture(scope="package")
async def site(browser):
    """A mesh with known places, sensors and readings; without a browser none is started."""
    async with running_site() as site:
        yield site
