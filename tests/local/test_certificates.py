"""The certificates of a local mesh while it runs."""

import asyncio
import shutil

import pytest

from services.local import certificates
from services.local.certificates import kept_fresh
from services.local.settings import read_settings
from tests.support.mesh import eventually


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(certificates, "LOOK_EVERY_S", 0.02)


def settings(folder, profile="secure"):
    return read_settings({"MONTRG_DATA_DIR": str(folder), "MONTRG_PROFILE": profile})


async def test_they_are_made_at_the_start_and_again_when_it_is_time(tmp_path):
    said: list[str] = []

    async def again():
        return any("renewed: location" in words for words in said)

    async with kept_fresh(settings(tmp_path), said.append):
        assert (tmp_path / "certs" / "location" / "tls.crt").exists()
        shutil.rmtree(tmp_path / "certs" / "location")
        await eventually(again)
        assert (tmp_path / "certs" / "location" / "tls.crt").exists()


async def test_what_goes_wrong_is_told_once_and_tried_again(tmp_path):
    said: list[str] = []
    authority, aside = tmp_path / "certs" / "ca", tmp_path / "aside"

    async def told():
        return any("cannot be renewed" in words for words in said)

    async with kept_fresh(settings(tmp_path), said.append):
        shutil.copytree(authority, aside, symlinks=True)
        (authority / "..data" / "ca.key").unlink()
        await eventually(told)
        await asyncio.sleep(0.2)
        assert len([words for words in said if "cannot be renewed" in words]) == 1
        shutil.rmtree(authority)
        aside.rename(authority)
        shutil.rmtree(tmp_path / "certs" / "alert")

        async def renewed():
            return any("renewed: alert" in words for words in said)

        await eventually(renewed)


async def test_dev_has_none(tmp_path):
    async with kept_fresh(settings(tmp_path, "dev"), print):
        assert list(tmp_path.iterdir()) == []
