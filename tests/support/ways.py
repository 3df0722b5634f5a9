"""One request in two ways: as gRPC, and as REST by the binding in its contract."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import grpc
from google.protobuf.descriptor_pool import Default
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_status import rpc_status

from services import catalog
from services.common.interceptors import grpc_code_name
from services.mesh.contracts import Method, read_contracts
from services.mesh.options import DESCRIPTOR_SET, ROOT

CONTRACTS = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))
HTTP_STATUSES = {
    "OK": {200, 201},
    "INVALID_ARGUMENT": {400},
    "FAILED_PRECONDITION": {400},
    "NOT_FOUND": {404},
    "ALREADY_EXISTS": {409},
    "UNIMPLEMENTED": {426},  # only HTTP/1.0: an unknown path or verb is NOT_FOUND
    "RESOURCE_EXHAUSTED": {413},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The status code's name, and the message or google.rpc.Status as JSON."""

    code: str
    body: dict[str, Any]

    @property
    def violations(self) -> dict[str, str]:
        """What is wrong with each field that the status blames."""
        found = [v for detail in self.body.get("details", []) for v in detail.get("field_violations", [])]
        return {violation["field"]: violation["description"] for violation in found}


def find(rpc: str) -> tuple[str, Method]:
    """The catalog's service and the method of, say, `SensorService.GetSensor`."""
    contract_name, _, method_name = rpc.partition(".")
    for service in catalog.SERVICES:
        for contract in service.contracts:
            for method in CONTRACTS.methods[contract] if contract.endswith(f".{contract_name}") else ():
                if method.name == method_name:
                    return service.name, method
    raise AssertionError(f"no contract has {rpc}")


async def by_rest(rest, rpc, fields):
    service, method = find(rpc)
    binding, left = method.bindings[0], dict(fields)
    path = binding.path
    for variable in binding.variables:
        value = left.pop(variable)
        text = ",".join(value) if isinstance(value, list) else str(value)
        path = path.replace(f"{{{variable}}}", quote(text, safe=","))
    if binding.body == "*":
        return json_answer(await rest(binding.verb, service, path, json=left))
    body = left.pop(binding.body, {}) if binding.body else None
    return json_answer(await rest(binding.verb, service, path, json=body, params=left or None))


def json_answer(response):
    """The answer of an HTTP response, which is JSON of the one shape whatever is wrong."""
    assert response.headers["content-type"] == "application/json", response.text
    body = response.json()
    is_error = response.status_code >= 400
    if is_error:
        assert body.keys() == {"code", "message", "details"}, body
    answer = Answer(grpc_code_name(body["code"]) if is_error else "OK", body)
    assert response.status_code in HTTP_STATUSES[answer.code], (response.status_code, body)
    return answer


async def by_grpc(rest, rpc, fields):
    service, method = find(rpc)
    request, response = (_message(name) for name in (method.request, method.response))
    return await grpc_answer(rest, service, method.path, ParseDict(fields, request()).SerializeToString(), response)


async def grpc_answer(rest, service, path, payload, response=None):
    """The answer to a gRPC call of these very bytes."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{rest.ports[service]}") as channel:
        try:
            answer: bytes = await channel.unary_unary(path)(payload, timeout=20)
        except grpc.aio.AioRpcError as error:
            status = rpc_status.from_call(error)
            return Answer(error.code().name, _json(status) if status else {"message": error.details()})
    return Answer("OK", _json(response.FromString(answer)))


def _message(name):
    return GetMessageClass(Default().FindMessageTypeByName(name))


def _json(message):
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
