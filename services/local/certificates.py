"""Makes certificates and the issuer of the secure profile at the start, and renews the former while the mesh runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.certs.authority import utc_now
from services.certs.local import local_store
from services.certs.places import FOLDER, CertificatesError
from services.certs.store import Store
from services.common.tasks import background
from services.issuer import keys
from services.local.settings import LocalSettings

# A change of the authority that somebody else began ends with the next look.
LOOK_EVERY_S = 10.0


@asynccontextmanager
async def kept_fresh(settings: LocalSettings, say: Callable[[str], object]) -> AsyncIterator[None]:
    """Has every program find good certificates until the block ends; does nothing in dev."""
    if not settings.is_secure:
        yield
        return
    store = local_store(settings.data_dir, settings.trust_domain)
    made = await asyncio.to_thread(store.refresh, utc_now())
    # So that there are keys to verify with, and whoever runs the mesh can give out tokens.
    await asyncio.to_thread(keys.issuer, settings.data_dir, utc_now())
    say(f"certs       {len(made)} new in {settings.data_dir / FOLDER}" if made else "certs       all are good")
    async with background(_renew(store, say)):
        yield


async def _renew(store: Store, say: Callable[[str], object]) -> None:
    """Looks again and again; what fails, such as for a full disk, is told once and tried again."""
    told = ""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            made = await asyncio.to_thread(store.refresh, utc_now())
        except (OSError, CertificatesError) as error:
            if str(error) != told:
                told = str(error)
                say(f"certs       cannot be renewed: {error}")
            continue
        told = ""
        if made:
            say(f"certs       renewed: {', '.join(made)}")
