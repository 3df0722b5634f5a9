"""Callers of a test's choosing: a gate that believes what a header says, and the header."""

import json
from typing import Any

import grpc

from services.common.access.domain import Caller, Kind, Role, scope_of
from services.common.access.gate import OpenGate, header

HEADER = "x-test-caller"


class BelievingGate(OpenGate):
    """Lets everybody in as whoever the header says, without one as whoever may do everything; for `serve`."""

    def admit(self, method: str, context: Any) -> Caller:
        said = header(context.invocation_metadata(), HEADER)
        if not said:
            return super().admit(method, context)
        fields = json.loads(said)
        sensors = None if fields["sensors"] is None else frozenset(fields["sensors"])
        role = fields["role"] and Role[fields["role"]]
        scope = scope_of(fields["factories"])
        return Caller(Kind(fields["kind"]), fields["name"], role, scope, sensors, "192.0.2.7")


def person(*factories, role=Role.ENGINEER, name="ann"):
    """The metadata of a person's call, who may see some factories, written as for `scope_of`."""
    return _said(kind=Kind.PERSON.value, name=name, role=role.name, factories=factories, sensors=None)


def device(*sensors, name="key-1", factories=("*",)):
    """The metadata of the call of a device that may write some sensors."""
    return _said(kind=Kind.DEVICE.value, name=name, role=None, factories=factories, sensors=sensors)


def neighbour(name):
    """The metadata of a neighbour's call."""
    return _said(kind=Kind.SERVICE.value, name=name, role=None, factories=("*",), sensors=None)


def _said(**fields):
    return grpc.aio.Metadata((HEADER, json.dumps(fields)))
