"""The issuer's folder and its tokens: who may read what, which keys count, and what is refused."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from services.common.access.claims import ClaimNames
from services.common.access.domain import Role
from services.common.errors import InvalidInputError
from services.common.settings import SettingsError
from services.issuer import domain, keys

NOW = datetime.now(UTC).replace(microsecond=0)
KIM = domain.Grantee("김안전", Role.ENGINEER, ("Ulsan > Press", "N"))
HOUR = timedelta(hours=1)


def public(data_dir: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(domain.public_file(data_dir).read_text())["keys"]
    return found


def verified(token: str, data_dir: Path) -> dict[str, object]:
    used = jwt.PyJWKSet.from_dict({"keys": public(data_dir)})[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, object] = jwt.decode(token, used.key, ["ES256"], audience="flet-montrg", issuer="flet-montrg")
    return claims


def test_a_token_says_who_it_is_for_under_the_names_that_services_read(tmp_path: Path) -> None:
    token = keys.issuer(tmp_path, NOW).token(KIM, ClaimNames(role="realm_access.roles"), NOW, HOUR)
    assert verified(token, tmp_path) == {
        "iss": "flet-montrg",
        "aud": "flet-montrg",
        "iat": NOW.timestamp(),
        "exp": (NOW + HOUR).timestamp(),
        "sub": "김안전",
        "preferred_username": "김안전",
        "realm_access.roles": "engineer",
        "montrg_factories": ["Ulsan > Press", "N"],
    }


def test_the_key_is_its_owners_alone_and_its_public_half_is_not_the_key(tmp_path: Path) -> None:
    keys.issuer(tmp_path, NOW)
    key = (tmp_path / "issuer" / "issuer.key").resolve()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"PRIVATE KEY" in key.read_bytes()
    assert [sorted(each) for each in public(tmp_path)] == [["alg", "crv", "kid", "kty", "use", "x", "y"]]


def test_the_next_start_has_the_same_key(tmp_path: Path) -> None:
    assert keys.issuer(tmp_path, NOW).key_id == keys.issuer(tmp_path, NOW + HOUR).key_id


def test_after_a_new_key_earlier_tokens_count_for_as_long_as_any_may_last(tmp_path: Path) -> None:
    first = keys.issuer(tmp_path, NOW).token(KIM, ClaimNames(), NOW, HOUR)
    second = keys.new_key(tmp_path, NOW).token(KIM, ClaimNames(), NOW, HOUR)
    assert jwt.get_unverified_header(first)["kid"] != jwt.get_unverified_header(second)["kid"]
    assert verified(first, tmp_path) == verified(second, tmp_path)
    assert keys.issuer(tmp_path, NOW).key_id == jwt.get_unverified_header(second)["kid"]
    keys.new_key(tmp_path, NOW + timedelta(days=29))
    assert len(public(tmp_path)) == 3
    keys.new_key(tmp_path, NOW + timedelta(days=31))
    assert len(public(tmp_path)) == 3
    with pytest.raises(KeyError):
        verified(first, tmp_path)


def test_a_new_key_alone_ends_every_token(tmp_path: Path) -> None:
    first = keys.issuer(tmp_path, NOW).token(KIM, ClaimNames(), NOW, HOUR)
    keys.new_key(tmp_path, NOW, alone=True)
    with pytest.raises(KeyError):
        verified(first, tmp_path)


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', '{"keys": [{"kid": "another"}]}', "[]"])
def test_keys_that_do_not_go_together_are_named_with_the_remedy_which_helps(tmp_path: Path, content: str) -> None:
    keys.issuer(tmp_path, NOW)
    domain.public_file(tmp_path).resolve().write_text(content)
    with pytest.raises(SettingsError, match="--new-key"):
        keys.issuer(tmp_path, NOW)
    keys.new_key(tmp_path, NOW)
    assert keys.issuer(tmp_path, NOW)


@pytest.mark.parametrize(
    ("name", "role", "factories", "words"),
    [
        ("", "viewer", ["*"], "name: is ''; give 1 to 100"),
        (" ", "viewer", ["*"], "name: is ' '"),
        ("a\nb", "viewer", ["*"], "name: is "),
        ("x" * 101, "viewer", ["*"], "name: is "),
        ("kim", "", ["*"], "role: is ''; give one of viewer, operator, engineer, admin"),
        ("kim", "Viewer", ["*"], "role: is 'Viewer'"),
        ("kim", "viewer", [], "factories: are ''; give 1 to 100, such as Newark"),
        ("kim", "viewer", ["A", " "], "factories: are "),
        ("kim", "viewer", ["x" * 201], "factories: are "),
    ],
)
def test_what_a_token_cannot_say_is_refused_by_the_field(
    name: str, role: str, factories: list[str], words: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        domain.grantee(name, role, factories)
    assert refusal.value.message.startswith(words)


@pytest.mark.parametrize("hours", [0, -1, 720.1, float("inf"), float("nan")])
def test_a_token_lasts_30_days_at_most(hours: float) -> None:
    with pytest.raises(InvalidInputError, match=r"hours: is .*; give more than 0, and at most 720"):
        domain.life(hours)
    assert domain.life(720) == timedelta(days=30)
