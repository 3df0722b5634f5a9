"""What is checked of the database: that it answers, its schemas and its settings. Pure."""

from collections.abc import Callable, Iterator, Mapping

from services.doctor.domain import Finding, Unasked, failure, ok, size, some, unknown, warning
from services.doctor.facts import Database

NEARLY_ALL = 0.9
LEAST_BUFFERS = 64 * 1024 * 1024
PAGE = 8_192
# Of those that make a crash or a disk harm what was acknowledged, or keep the services from writing: the word that is
# wrong, and what it does.
_HARMFUL = {
    "fsync": ("off", "a crash of its machine can destroy the database"),
    "full_page_writes": ("off", "a crash of its machine can destroy the database"),
    "default_transaction_read_only": ("on", "nothing can be written"),
}


def server(database: Database | Unasked) -> Iterator[Finding]:
    """Finds a server that does not answer, or one that only follows another."""
    if isinstance(database, Unasked) and database.is_hanging:
        yield failure(
            "database",
            f"{database.cause}, and refuses no connection: it hangs",
            "look at the disk and the load of its machine, and into logs/postgres.log in the data folder; continue it "
            "where it was stopped (`kill -CONT`), or else restart it; to another machine see to the network, too",
        )
    elif isinstance(database, Unasked):
        yield failure(
            "database",
            database.cause,
            "start it: `montrg up` runs the embedded one, whose log is logs/postgres.log in the data folder; "
            "MONTRG_DATABASE_URL names one of your own",
        )
    elif database.is_standby:
        yield failure("database", "it is a standby, which takes no writes", "give the primary in MONTRG_DATABASE_URL")
    else:
        yield ok("database", f"PostgreSQL {database.version} answers; {size(database.bytes)}")


def migrations(
    database: Database | Unasked, newest: Mapping[str, str | None], is_newer: Callable[[str, str], bool]
) -> Iterator[Finding]:
    """Finds schemas that are not at the version that this program brings.

    Args:
        database: what the server said.
        newest: the version of each schema that this program brings.
        is_newer: tells of a schema and its version whether a newer program made it.
    """
    if isinstance(database, Unasked):
        yield unknown("migrations", database)
        return
    behind, newer = [], []
    for schema, wanted in newest.items():
        found = database.revisions.get(schema)
        if found == wanted:
            continue
        if found is not None and is_newer(schema, found):
            newer.append(f"{schema} is at {found}, newer than {wanted}")
        else:
            behind.append(f"{schema} is at {found or 'none'} instead of {wanted}")
    if behind:
        yield failure("migrations", some(behind, 6), "montrg db upgrade (`montrg up` does it at its start)")
    if newer:
        yield warning("migrations", some(newer, 6), "run the program that made them; older ones work with it meanwhile")
    if not behind and not newer:
        yield ok("migrations", ", ".join(f"{schema} {version}" for schema, version in newest.items()))


def settings(database: Database | Unasked, needed: int | None) -> Iterator[Finding]:
    """Finds settings that lose data, break connections off, or give too few of them.

    Args:
        database: what the server said. What each session sets for itself, such as synchronous_commit and the time zone,
            is as the services want it, whatever the server's defaults are.
        needed: connections that the processes of this machine may open; None where they are elsewhere.
    """
    if isinstance(database, Unasked):
        yield unknown("database settings", database)
        return
    found = [*_harmful(database.settings), *_annoying(database.settings), *_connections(database, needed)]
    yield from found
    if not found:
        known = database.settings
        yield ok(
            "database settings",
            f"{database.connections} of {known['max_connections']} connections, fsync {known['fsync']}, "
            f"shared_buffers {size(int(known['shared_buffers']) * PAGE)}, {known['TimeZone']}",
        )


def _harmful(known: Mapping[str, str]) -> Iterator[Finding]:
    for name, (bad, harm) in _HARMFUL.items():
        if known.get(name) == bad:
            good = {"on": "off", "off": "on"}[bad]
            yield failure("database settings", f"{name} is {bad}: {harm}", f"ALTER SYSTEM SET {name} = {good}, reload")


def _annoying(known: Mapping[str, str]) -> Iterator[Finding]:
    idle = int(known.get("idle_session_timeout", 0))
    if idle:
        words = f"idle_session_timeout is {idle} ms: it ends connections that wait for notifications and hold leases"
        yield warning("database settings", words, "ALTER SYSTEM SET idle_session_timeout = 0, reload")
    if known.get("autovacuum") == "off":
        words = "autovacuum is off: tables only grow, and reads become slow"
        yield warning("database settings", words, "ALTER SYSTEM SET autovacuum = on, reload")
    buffers = int(known.get("shared_buffers", LEAST_BUFFERS)) * PAGE
    if buffers < LEAST_BUFFERS:
        words = f"shared_buffers is {size(buffers)}"
        yield warning("database settings", words, "ALTER SYSTEM SET shared_buffers = '128MB' or more, and restart it")


def _connections(database: Database, needed: int | None) -> Iterator[Finding]:
    known = database.settings
    most = int(known["max_connections"])
    free = most - int(known.get("superuser_reserved_connections", 0)) - int(known.get("reserved_connections", 0))
    remedy = "raise max_connections and restart the server, or lower MONTRG_POOL_SIZE or MONTRG_WORKERS"
    if needed is not None and needed > free:
        words = f"the processes may open {needed} connections, and the server takes {free} of them"
        yield failure("database settings", words, remedy)
    elif database.connections > NEARLY_ALL * free:
        yield warning("database settings", f"{database.connections} of {free} connections are taken", remedy)
