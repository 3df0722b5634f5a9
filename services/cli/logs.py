"""What `montrg logs` does: changes how much the parts of a running mesh say, and shows what was changed."""

import argparse
import os
import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

EPILOG = """
  montrg logs level alert DEBUG --for 15m                      all of the alert service
  montrg logs level services.common.interceptors=WARNING       no line a call, in any service
  montrg logs level envoy router=DEBUG                         one logger of Envoy
  montrg logs level alert default                              as it was

It writes a file, which every process of the mesh looks at each second. An end is written into it as well: then each
goes back by itself, whatever has become of this command.

settings (environment):
  MONTRG_LOG_LEVELS_FILE   the file (default: log-levels in the data folder, which is that of `montrg up`)
  MONTRG_DATA_DIR          folder of everything that is kept (default: .data in the project's folder)
"""
DEFAULT = "default"

_DURATION = re.compile(r"([1-9]\d{0,5})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_MOST = timedelta(days=30)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Adds what `level` takes."""
    command.add_argument(
        "words",
        nargs="+",
        metavar="[SERVICE] [LOGGER=]LEVEL",
        help="a service or envoy (default: all services), a logger (default: root, which is all), and DEBUG, INFO, "
        "WARNING, ERROR, or default for what it was",
    )
    command.add_argument(
        "--for", dest="lasts", metavar="15m", help="how long: so many s, m, h or d (default: for good)"
    )


def level(arguments: argparse.Namespace) -> int:
    """Writes what a logger is to say from now on."""
    from services.common import log_levels

    file, now = _file(), datetime.now(UTC)
    service, logger, wanted = _read(arguments.words)
    until = now + _lasts(arguments.lasts) if arguments.lasts else None
    lines, _ = log_levels.parse(_text(file))
    kept = [
        line
        for line in lines
        if (line.service, line.logger) != (service, logger) and (line.until is None or now < line.until)
    ]
    if wanted != DEFAULT:
        kept.append(log_levels.Line(service, logger, wanted, until))
    _write(file, "".join(f"{line}\n" for line in kept))
    return show(arguments)


def show(_: argparse.Namespace) -> int:
    """Prints what is in force."""
    from services.common import log_levels

    file, now = _file(), datetime.now(UTC)
    lines, bad = log_levels.parse(_text(file))
    counting = [line for line in lines if line.until is None or now < line.until]
    for line in counting:
        print(line)
    for words in bad:
        print(f"left out: {words}")
    if not counting:
        print("every logger is as its service's MONTRG_LOG_LEVEL says")
    return 0


def _read(words: list[str]) -> tuple[str, str, str]:
    """Returns the service, the logger and the level that are meant."""
    from services.catalog import SERVICES
    from services.common.log_levels import ENVOY, LEVELS, ROOT
    from services.common.settings import SettingsError

    names = [*(service.name for service in SERVICES), "replay", ENVOY]
    *service, last = words
    if len(service) > 1 or (service and service[0] not in names):
        raise SettingsError(f"SERVICE is {' '.join(service)!r}; give one of {', '.join(names)}, or leave it out")
    logger, equals, wanted = last.rpartition("=")
    if not re.fullmatch(r"[\w.-]+", logger if equals else ROOT, re.ASCII):
        raise SettingsError(f"LOGGER is {logger!r}; give a name such as services.alert.notify, as `logger` in the log")
    level = DEFAULT if wanted.lower() == DEFAULT else wanted.upper()
    if level not in (*LEVELS, DEFAULT):
        raise SettingsError(f"LEVEL is {wanted!r}; give one of {', '.join(LEVELS)}, or {DEFAULT}")
    return "".join(service), logger if equals else ROOT, level


def _lasts(words: str) -> timedelta:
    from services.common.settings import SettingsError

    match = _DURATION.fullmatch(words)
    lasts = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta(0)
    if not timedelta(0) < lasts <= _MOST:
        raise SettingsError(f"--for is {words!r}; give a number and s, m, h or d, such as 15m, at most {_MOST.days}d")
    return lasts


def _file() -> Path:
    from services.local.settings import read_settings

    return read_settings().log_levels_file


def _text(file: Path) -> str:
    from services.common.settings import SettingsError

    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}; mend it, or remove it to begin anew") from error


def _write(file: Path, text: str) -> None:
    """Replaces the file in one step: nobody reads half of it."""
    from services.common.settings import SettingsError

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f"{file.name}.", delete=False) as side:
            side.write(text)
        Path(side.name).chmod(0o644)
        os.replace(side.name, file)  # noqa: PTH105  as the line above names it
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}; see MONTRG_LOG_LEVELS_FILE") from error
