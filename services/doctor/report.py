"""Asks for all facts at once, and has every check look at them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TypeVar

from services.catalog import SERVICES, service
from services.common.migrations.upgrade import is_newer, newest
from services.doctor.asking import services as asking
from services.doctor.asking.database import ask_database
from services.doctor.asking.limits import ask
from services.doctor.asking.machine import ask_machine
from services.doctor.asking.processes import ask_envoy, ask_processes
from services.doctor.checks import database as of_database
from services.doctor.checks import flow, machine, mesh, telling
from services.doctor.domain import Finding, Unasked, unknown
from services.doctor.facts import Database, Envoy, Judging, Limits, Machine, Silent, Subscriber, Watched
from services.doctor.figures import Mesh
from services.doctor.where import Where
from services.local import connections

T = TypeVar("T")

# Each part has its own time: what hangs keeps nothing else from being told.
MACHINE_S, DATABASE_S, ENVOY_S, SERVICE_S = 10.0, 8.0, 6.0, 10.0
# Who has changes that go into the audit trail.
SENDERS = tuple(each.name for each in SERVICES if "alert_history" in each.calls)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was found, or why it was not."""

    machine: Machine | Unasked
    database: Database | Unasked
    mesh: Mesh
    envoy: Envoy | Unasked
    judging: Judging | Unasked
    silent: Sequence[Silent] | Unasked
    subscribers: Sequence[Subscriber] | Unasked
    watched: Sequence[Watched] | Unasked
    limits: Limits | Unasked


async def gather(where: Where) -> Facts:
    """Asks everybody at once."""
    programs = asyncio.gather(
        ask("this machine", asyncio.to_thread(ask_machine, where), MACHINE_S),
        ask("the database", _database(where), DATABASE_S),
        ask_processes(where),
        ask("Envoy", ask_envoy(where), ENVOY_S),
    )
    services = asyncio.gather(
        ask("alert through Envoy", asking.ask_judging(where), SERVICE_S),
        ask("realtime through Envoy", asking.ask_silent(where), SERVICE_S),
        ask("alert through Envoy", asking.ask_subscribers(where), SERVICE_S),
        ask("location through Envoy", asking.ask_watched(where), SERVICE_S),
        ask("thresholds through Envoy", asking.ask_limits(where), SERVICE_S),
    )
    machine_, database, processes, envoy = await programs
    judging, silent, subscribers, watched, limits = await services
    processes = processes.beside(database)
    lack = processes.lack
    return Facts(
        machine_,
        database,
        processes,
        envoy,
        _following(judging, lack),
        _following(silent, lack),
        _following(subscribers, lack),
        _following(watched, lack),
        _following(limits, lack),
    )


def _following(fact: T | Unasked, lack: Unasked | None) -> T | Unasked:
    """Returns the fact, or what it follows from that it could not be had."""
    return lack if lack is not None and isinstance(fact, Unasked) else fact


async def _database(where: Where) -> Database:
    return await ask_database(where.database_url())


def findings(facts: Facts, where: Where, now: datetime) -> list[Finding]:
    """Returns what every check finds, in the order in which causes come before what follows from them."""
    return [
        *of_database.server(facts.database),
        *mesh.processes(facts.mesh, facts.database, version("montrg")),
        *mesh.envoys(facts.envoy, facts.mesh),
        *_of_machine(facts, where, now),
        *of_database.migrations(
            facts.database,
            {each.name: newest(each) for each in SERVICES},
            lambda schema, revision: is_newer(service(schema), revision),
        ),
        *of_database.settings(facts.database, connections.needed(where.settings) if where.is_local else None),
        *telling.limits(facts.limits),
        *flow.sensors(facts.mesh, facts.silent, now),
        *flow.reading_log(facts.mesh),
        *flow.evaluator(facts.judging, facts.mesh, now),
        *telling.subscriptions(facts.subscribers, facts.watched),
        *telling.unheard_places(facts.subscribers, facts.watched),
        *flow.outboxes(facts.mesh, SENDERS),
        *flow.dead_letters(facts.mesh),
    ]


def _of_machine(facts: Facts, where: Where, now: datetime) -> list[Finding]:
    if isinstance(facts.machine, Unasked):
        return [unknown(check, facts.machine) for check in ("ports", "versions", "certificates", "disk", "clock")]
    return [
        *machine.ports(facts.machine),
        *machine.versions(facts.machine, facts.database, facts.envoy),
        *(
            machine.certificates(facts.machine, now, is_secure=where.is_secure)
            if where.is_local or not where.is_secure
            else mesh.remote_certificates(facts.mesh, now)
        ),
        *machine.disk(facts.machine, facts.database),
        *machine.clock(facts.machine, facts.database),
    ]


async def examine(where: Where) -> list[Finding]:
    """Asks for everything, and returns all findings."""
    return findings(await gather(where), where, datetime.now(UTC))
