"""What is checked of this machine: ports, versions, certificates, the disk. Pure; time is an argument."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from services.doctor.domain import Finding, Unasked, failure, ok, size, some, span, unknown, warning
from services.doctor.facts import Certificate, Database, Envoy, Listener, Machine

# Of what `montrg certs` gives two thirds are used; what is renewed elsewhere is renewed no later than that.
USED = 2 / 3
# `montrg up` looks every ten seconds.
PATIENCE = timedelta(minutes=5)
FULL, NEARLY_FULL = 0.03, 0.10
LEAST_FREE, LITTLE_FREE = 500e6, 5e9
DAYS_LEFT = 14
FILE_SKEW_S = 2.0
OLDEST_POSTGRES, OLDEST_TIMESCALE = (14,), (2, 18)
SECONDS_A_DAY = 86_400


def ports(machine: Machine) -> Iterator[Finding]:
    """Finds ports that another program has. Whether those who belong there answer is found by asking them."""
    listeners = machine.listeners
    if not listeners:
        return
    others = [each for each in listeners if each.pid is not None and _is_other(each)]
    for each in others:
        words = f"process {each.pid} ({each.command[:60]})" if each.pid else "a program of another user"
        yield failure(
            "ports",
            f"port {each.number} ({each.purpose}) is taken by {words}",
            f"stop it (`ss -tlnp 'sport = :{each.number}'` shows it), or set MONTRG_PORT_OFFSET, such as to 1000",
        )
    if not others:
        open_ports = [each for each in listeners if each.pid is not None]
        yield ok("ports", f"{len(open_ports)} of {len(listeners)} are listened on, none by another program")


def _is_other(listener: Listener) -> bool:
    # Who may not see the command cannot tell.
    return bool(listener.command) and listener.program not in listener.command


def versions(machine: Machine, database: Database | Unasked, envoy: Envoy | Unasked) -> Iterator[Finding]:
    """Finds programs and packages that are too old, or not those that are pinned."""
    differing = [f"{p.name} {p.installed or 'missing'} instead of {p.locked}" for p in machine.packages]
    if differing:
        yield warning("versions", f"not as pinned: {some(differing)}", "make up (or pip install -r requirements.lock)")
    if isinstance(database, Database):
        if _numbers(database.version) < OLDEST_POSTGRES:
            remedy = "give a server of version 14 or newer in MONTRG_DATABASE_URL"
            yield failure("versions", f"PostgreSQL is {database.version}", remedy)
        if database.timescale and _numbers(database.timescale) < OLDEST_TIMESCALE:
            remedy = "ALTER EXTENSION timescaledb UPDATE, to 2.18 or newer"
            yield failure("versions", f"TimescaleDB is {database.timescale}", remedy)
    words = [f"Python {machine.python}"]
    if isinstance(database, Database):
        words.append(f"PostgreSQL {database.version}")
        words += [f"TimescaleDB {database.timescale}"] if database.timescale else []
    if isinstance(envoy, Envoy) and envoy.version:
        words.append(f"Envoy {envoy.version}")
    yield ok("versions", ", ".join(words))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


def certificates(machine: Machine, now: datetime, *, is_secure: bool) -> Iterator[Finding]:
    """Finds certificates of this machine that have ended, or should have been renewed."""
    if not is_secure or not machine.listeners:  # elsewhere the processes tell of theirs
        return
    known = machine.certificates
    if not known:
        yield failure("certificates", "there are none", "start `montrg up` in the secure profile, which makes them")
        return
    ended = [each for each in known if each.until <= now]
    due = [each for each in known if each.until > now and _is_overdue(each, now)]
    remedy = "run `montrg up`, which renews them, or `montrg certs rotate`"
    if ended:
        first = min(ended, key=lambda each: each.until)
        words = f"{len(ended)} of {len(known)} have ended: {_names(ended)}; {first.name} {_ago(first.until, now)} ago"
        yield failure("certificates", words, remedy)
    if due:
        yield warning("certificates", f"{len(due)} of {len(known)} should have been renewed: {_names(due)}", remedy)
    if not ended and not due:
        first = min(known, key=lambda each: each.until)
        yield ok("certificates", f"{len(known)}; the first to end is {first.name}, in {_ago(now, first.until)}")


def _is_overdue(certificate: Certificate, now: datetime) -> bool:
    life = certificate.until - certificate.begin
    return now > certificate.begin + life * USED + PATIENCE


def _names(found: Sequence[Certificate]) -> str:
    return some([each.name for each in found])


def _ago(begin: datetime, end: datetime) -> str:
    return span((end - begin).total_seconds())


def disk(machine: Machine, database: Database | Unasked) -> Iterator[Finding]:
    """Finds a disk that is full, or will be. Only what grows on it can fill it: a database elsewhere does not."""
    free = f"{size(machine.free)} of {size(machine.total)} are free ({machine.free / machine.total:.0%})"
    days = None
    if isinstance(database, Database) and database.bytes_per_day:
        days = machine.free / database.bytes_per_day
        free += f"; the database has {size(database.bytes)} and grows by {size(database.bytes_per_day)} a day"
        free += f": enough for {days:,.0f} days, if nothing were dropped"
    remedy = "make room where MONTRG_DATA_DIR is, or lower how long readings are kept (services/realtime/env.example)"
    if machine.free < LEAST_FREE or machine.free < FULL * machine.total:
        yield failure("disk", free, remedy)
    elif machine.free < min(LITTLE_FREE, NEARLY_FULL * machine.total) or (days is not None and days < DAYS_LEFT):
        yield warning("disk", free, remedy)
    else:
        yield ok("disk", free)


def clock(machine: Machine, database: Database | Unasked) -> Iterator[Finding]:
    """Finds clocks that differ: of the database's server, and of the file system that the data are on."""
    if abs(machine.file_skew_s) > FILE_SKEW_S:
        words = f"files in the data folder are dated {_ahead(machine.file_skew_s)} this machine's clock"
        yield warning("clock", words, "set the clock of the server that the folder is on: NTP, such as chrony")
    if isinstance(database, Unasked):
        yield unknown("clock", database)
        return
    skew = database.skew_s
    words = f"the database's clock is {_ahead(skew)} this machine's"
    remedy = "have both follow one time: NTP, such as chrony (`timedatectl` tells whether it does)"
    if abs(skew) > SKEW_FAILS_S:
        yield failure("clock", words, remedy)
    elif abs(skew) > SKEW_WARNS_S:
        yield warning("clock", words, remedy)
    else:
        yield ok("clock", words)


# Heartbeats and leases are told by the database's clock and looked at by the processes'.
SKEW_WARNS_S, SKEW_FAILS_S = 1.0, 5.0


def _ahead(seconds: float) -> str:
    return f"{span(abs(seconds))} {'ahead of' if seconds > 0 else 'behind'}"
