"""Methods of a mesh, called by their names with fields as JSON has them."""

import json
import re
from typing import Any

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2, status_pb2

from services import catalog
from services.mesh.contracts import read_contracts
from services.mesh.options import DESCRIPTOR_SET, ROOT

CONTRACTS = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))
# By the service and method, without their package: where a method is, and what it is.
METHODS = {
    method.path.rpartition(".")[2]: (service.name, method)
    for service in catalog.SERVICES
    for name in service.proto_services
    for method in CONTRACTS.methods[name]
    if method.access.role is not None
}
# To make words of what is packed into a refusal, it must be known.
DETAILS = error_details_pb2.DESCRIPTOR
# Streams that have no end.
ENDLESS = ("RealtimeService/WatchMeasurements", "AlertService/WatchAlerts")


class Caller:
    """Calls methods of a mesh by their names, with fields as JSON has them."""

    def __init__(self, channels, who):
        """Takes a channel to each service, and who makes things."""
        self._channels = channels
        self._who = who

    def call(self, name, fields, who):
        """A call whose answers are bytes, of a method with one answer, too."""
        service, method = METHODS[name]
        request = json_format.ParseDict(fields, message(method.request)).SerializeToString()
        return self._channels[service].unary_stream(method.path)(request, metadata=who, timeout=20)

    async def outcome(self, name, fields, who):
        """The code, and the words of the answer or of the refusal with its details; of an endless stream the first."""
        answers: list[bytes] = []
        call = self.call(name, fields, who)
        try:
            if name in ENDLESS:
                answers.append(await call.read())
                call.cancel()
            else:
                answers += [answer async for answer in call]
        except grpc.aio.AioRpcError as error:
            details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
            told = json_format.MessageToDict(status_pb2.Status.FromString(details))
            return error.code(), json.dumps([told["message"], told["details"]], ensure_ascii=False), []
        return grpc.StatusCode.OK, b"".join(answers).decode("utf-8", "replace"), answers

    async def made(self, name, **fields):
        """Returns what a method answers with its one message; it must not refuse."""
        code, words, answers = await self.outcome(name, fields, self._who)
        assert code is grpc.StatusCode.OK, words
        return message(METHODS[name][1].response).FromString(answers[0])


def message(full_name) -> Any:
    """An empty message."""
    found = descriptor_pool.Default().FindMessageTypeByName(full_name)
    return message_factory.GetMessageClass(found)()


def about(fields, names):
    """The fields with names in them."""
    words = json.dumps(fields)
    return json.loads(re.sub(r"\{(\w+)\}", lambda found: str(names[found[1]]), words))


def nameless(words, fields, names):
    """The words with `it` for each of the names that were put into the fields."""
    pattern = "|".join(re.escape(str(names[name])) for name in re.findall(r"\{(\w+)\}", json.dumps(fields))) or "$."
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", "it", words)
