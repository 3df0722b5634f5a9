"""`montrg logs`: what it writes, and what it says where a word is wrong."""

from pathlib import Path

import pytest

from services.cli.main import main
from services.common.log_levels import parse


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MONTRG_DATA_DIR", str(tmp_path))
    return tmp_path / "log-levels"


def test_a_level_is_written_with_its_end_and_taken_back(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "level", "alert", "debug", "--for", "15m"]) == 0
    assert main(["logs", "level", "services.common=WARNING"]) == 0
    lines, bad = parse(file.read_text())
    assert [(line.service, line.logger, line.level) for line in lines] == [
        ("alert", "root", "DEBUG"),
        ("", "services.common", "WARNING"),
    ]
    assert lines[0].until is not None
    assert (lines[1].until, bad) == (None, [])
    capsys.readouterr()
    assert main(["logs", "level", "alert", "default"]) == 0
    assert capsys.readouterr().out == "services.common=WARNING\n"
    assert main(["logs", "level", "services.common=default"]) == 0
    assert main(["logs", "show"]) == 0
    assert capsys.readouterr().out.count("every logger is as") == 2


def test_what_has_ended_is_not_shown_and_what_cannot_be_read_is(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("root=DEBUG until 2020-01-01T00:00:00Z\nroot=LOUD\nalert:root=INFO\n")
    assert main(["logs", "show"]) == 0
    assert capsys.readouterr().out == (
        "alert:root=INFO\nleft out: line 2 is 'root=LOUD'; give one of DEBUG, INFO, WARNING, ERROR\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody", "DEBUG"], "SERVICE is 'nobody'; give one of thresholds"),
        (["LOUD"], "LEVEL is 'LOUD'; give one of DEBUG"),
        (["a b=DEBUG"], "LOGGER is 'a b'"),
        (["DEBUG", "--for", "soon"], "--for is 'soon'; give a number"),
        (["DEBUG", "--for", "31d"], "at most 30d"),
        (["DEBUG", "--for", "99999999d"], "at most 30d"),
    ],
)
def test_a_wrong_word_is_named_and_nothing_is_written(
    words: list[str], said: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "level", *words]) == 1
    assert said in capsys.readouterr().err
    assert not file.exists()
