"""A whole mesh for each module that looks at it in a browser."""

import pytest

from tests.support.site import running_site


@pytest.fixture(scope="module")
async def site(browser):
    """A mesh with known places, sensors and readings; without a browser none is started."""
    async with running_site() as site:
        yield site
