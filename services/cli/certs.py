"""What `montrg certs` does: the certificates of a mesh on this machine, and of what is to be a part of it."""

import argparse
import ipaddress
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.certs.store import Store
    from services.common.settings import Environment

SETTINGS = """
settings (environment):
  MONTRG_DATA_DIR       the certificates are in its folder `certs` (default: .data in the project's folder)
  MONTRG_TRUST_DOMAIN   first part of the SPIFFE ids in the certificates (default: flet-montrg)
"""
ROTATE = f"""
Programs that run notice by themselves and drop no call. With --ca it takes some seconds: the new authority is trusted
first, and signs then; the old one stays trusted for a day. Whoever has a copy of ca/ca.crt needs the new one.
{SETTINGS}"""
ISSUE = f"""
The folder holds tls.crt, tls.key and ca.crt; MONTRG_CERTS_DIR of a program takes it. For the name of a service it has
that service's host names, too. `montrg up` renews it as its own.
{SETTINGS}"""

KEEP = f"""
For a mesh in containers, whose processes have their folders of these mounted. `montrg up` does the same by itself. The
key that signs tokens is made, too, in the folder `issuer`, if there is none. Looks every ten seconds.
{SETTINGS}"""

_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?", re.ASCII)
_HOST = re.compile(r"(\*\.)?[a-zA-Z0-9]([a-zA-Z0-9.-]{0,250}[a-zA-Z0-9])?", re.ASCII)
_TABLE = "{:<16}{:<20}{:<36}{}"


def show(_: argparse.Namespace) -> int:
    """Prints what there is: for whom, until when, of which authority."""
    from services.certs.authority import names_of
    from services.certs.places import AUTHORITY

    store, folder = _store()
    found = dict(store.certificates())
    if not found:
        print(f"there are no certificates in {folder}; `montrg up` in the secure profile makes them")
        return 0
    print(_TABLE.format("name", "valid until (UTC)", "identity", "authority"))
    for certificate in found.pop(AUTHORITY, []):
        until, name = certificate.not_valid_after_utc, certificate.subject.rfc4514_string()
        print(_TABLE.format(AUTHORITY, f"{until:%Y-%m-%d %H:%M}", "", name.removeprefix("CN=")))
    for name, (certificate,) in sorted(found.items()):
        identity, issuer = names_of(certificate).uri or "-", certificate.issuer.rfc4514_string()
        until = certificate.not_valid_after_utc
        print(_TABLE.format(name, f"{until:%Y-%m-%d %H:%M}", identity, issuer.removeprefix("CN=")))
    return 0


def rotate(arguments: argparse.Namespace) -> int:
    """Gives everybody a new certificate, or a new authority and then certificates of it."""
    from services.certs.authority import utc_now

    store, folder = _store()
    if not arguments.ca:
        store.refresh(utc_now())
        names = store.rotate(utc_now())
        print(f"{len(names)} new certificates in {folder}: {', '.join(names)}")
        return 0
    settled = store.change_authority(utc_now())
    print("the new authority is trusted; it signs in a few seconds, when everybody has read that", flush=True)
    while utc_now() < settled:
        time.sleep(0.2)
    store.refresh(utc_now())
    print(f"the new authority has signed all certificates in {folder}; the old one stays trusted for a day")
    return 0


def issue(arguments: argparse.Namespace) -> int:
    """Makes a certificate, and prints the folder that it is in."""
    from services.certs.authority import utc_now
    from services.certs.local import of_service
    from services.certs.places import AUTHORITY
    from services.common.settings import SettingsError, trust_domain

    name = arguments.name
    if name == AUTHORITY or not _NAME.fullmatch(name):
        raise SettingsError(f"NAME is {name!r}; give up to 63 lower-case letters, digits, `-` and `_`, and not `ca`")
    for host in arguments.dns:
        if not _HOST.fullmatch(host):
            raise SettingsError(f"--dns is {host!r}; give a host name, such as press.example.com")
    for ip in arguments.ip:
        try:
            ipaddress.ip_address(ip)
        except ValueError as error:
            raise SettingsError(f"--ip is {ip!r}; give a numeric address, such as 192.0.2.7") from error
    store, _ = _store()
    names = of_service(name, trust_domain(_environment()), arguments.dns, arguments.ip)
    print(store.issue(name, names, utc_now()))
    return 0


def keep(_: argparse.Namespace) -> int:
    """Makes what is missing and renews what is due, until a signal."""
    import asyncio

    asyncio.run(_keep())
    return 0


async def _keep() -> None:
    import asyncio
    import signal
    from dataclasses import replace
    from functools import partial

    from services.common.settings import SECURE
    from services.local.certificates import kept_fresh
    from services.local.settings import read_settings

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with kept_fresh(replace(read_settings(), profile=SECURE), partial(print, flush=True)):
        await stop.wait()


def _store() -> tuple["Store", Path]:
    """Returns the certificates of this machine and their folder."""
    from services.certs.local import local_store
    from services.certs.places import FOLDER
    from services.common.settings import trust_domain
    from services.local.settings import read_settings

    data_dir = read_settings().data_dir
    return local_store(data_dir, trust_domain(_environment())), data_dir / FOLDER


def _environment() -> "Environment":
    from services.common.settings import Environment

    return Environment()
