"""`montrg token`: what it prints, and what it says where a word is wrong."""

from pathlib import Path

import jwt
import pytest

from services.cli.main import main

KIM = ["token", "--name", "kim", "--role", "viewer", "--factories", "Newark", "Ulsan > *"]


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MONTRG_DATA_DIR", str(tmp_path))
    return tmp_path


def claims(token: str) -> dict[str, object]:
    found: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return found


def test_it_prints_the_token_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(KIM) == 0
    printed = capsys.readouterr()
    found = claims(printed.out.strip())
    assert (found["sub"], found["montrg_role"], found["montrg_factories"]) == ("kim", "viewer", ["Newark", "Ulsan > *"])
    assert found["exp"] - found["iat"] == 12 * 3600  # type: ignore[operator]
    assert printed.out.count("\n") == 1
    assert printed.err == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["token"], "montrg: name: is ''; give"),
        ([*KIM, "--role", "boss"], "montrg: role: is 'boss'; give one of viewer, operator, engineer, admin"),
        ([*KIM, "--hours", "721"], "montrg: hours: is 721; give more than 0, and at most 720"),
        ([*KIM, "--revoke"], "montrg: --revoke: ends the tokens of earlier keys, so it needs --new-key"),
        (["token", "--new-key", "--name", "kim"], "montrg: role: is ''; give"),
    ],
)
def test_a_wrong_word_is_named_and_nothing_is_made(
    arguments: list[str], words: str, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(words)
    assert printed.out == ""
    assert not (data_dir / "issuer").exists()


def test_a_new_key_is_told_beside_the_token(capsys: pytest.CaptureFixture[str]) -> None:
    main(KIM)
    old = capsys.readouterr().out.strip()
    assert main(["token", "--new-key"]) == 0
    alone = capsys.readouterr()
    assert (alone.out, alone.err) == ("", "a new key signs; tokens of earlier ones last until they end\n")
    assert main([*KIM, "--new-key", "--revoke"]) == 0
    both = capsys.readouterr()
    assert jwt.get_unverified_header(both.out.strip())["kid"] != jwt.get_unverified_header(old)["kid"]
    assert both.err == "a new key signs; tokens of earlier ones no longer count\n"
