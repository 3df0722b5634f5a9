"""Envoy's levels follow the file of levels, told to a real Envoy."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.mesh.admin import Admin
from services.mesh.levels import EnvoyLevels
from services.mesh.options import ROOT, RenderOptions
from services.mesh.process import LOG_LEVEL
from tests.support.envoy import running_envoy
from tests.support.ports import free_ports

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


def levels(admin: Admin) -> dict[str, str]:
    """What Envoy says of its loggers."""
    return dict(re.findall(r"^  (\S+): (\w+)$", admin.ask("POST", "/logging") or "", re.MULTILINE))


def test_envoy_says_more_while_the_file_wants_it_and_goes_back_by_itself(tmp_path: Path) -> None:
    (admin_port,) = free_ports(1)
    options = RenderOptions(services=(), admin_port=admin_port, root=ROOT)
    admin, file = Admin(("127.0.0.1", admin_port)), tmp_path / "levels"
    follower = EnvoyLevels(admin, file, LOG_LEVEL)
    with running_envoy(options, tmp_path):
        before = levels(admin)
        assert set(before.values()) == {"warning"}
        file.write_text("root=DEBUG\nenvoy:router=DEBUG until 2026-07-01T08:15:00Z\nenvoy:nobody=DEBUG\n")
        follower.look(NOW)
        assert levels(admin) == before | {"router": "debug"}
        file.write_text("envoy:root=ERROR\nenvoy:router=DEBUG until 2026-07-01T08:15:00Z\n")
        follower.look(NOW)
        assert levels(admin) == dict.fromkeys(before, "error") | {"router": "debug"}
        follower.look(NOW + timedelta(minutes=15))
        assert levels(admin) == dict.fromkeys(before, "error")
        file.unlink()
        follower.look(NOW)
        assert levels(admin) == before


def test_what_an_envoy_did_not_hear_is_told_again(tmp_path: Path) -> None:
    (admin_port,) = free_ports(1)
    options = RenderOptions(services=(), admin_port=admin_port, root=ROOT)
    admin, file = Admin(("127.0.0.1", admin_port)), tmp_path / "levels"
    follower = EnvoyLevels(admin, file, LOG_LEVEL)
    file.write_text("envoy:root=INFO\n")
    follower.look(NOW)
    with running_envoy(options, tmp_path):
        follower.look(NOW)
        assert set(levels(admin).values()) == {"info"}
