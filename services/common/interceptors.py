"""The outermost layer of every server: request ids, one log line a call, and the one table of statuses."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from sqlalchemy import exc

from services.common import deadlines, errors
from services.common.access.current import began, called_by, kind_of_caller
from services.common.access.gate import Gate, header
from services.common.telemetry.calls_served import UNCOUNTED, UNKNOWN, Served, Uncounted, served
from services.common.telemetry.traced_calls import answered, serving
from services.common.telemetry.tracing import TRACEPARENT, Span

log = logging.getLogger(__name__)

DOMAIN = "montrg"
REQUEST_ID = "x-request-id"
# Open to all.
HEALTH = frozenset({"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"})
# Asked by machines every few seconds, so that a line for each would hide the others.
QUIET = frozenset({"/montrg.operations.v1.MetricsService/GetMetrics"})
RETRY_DELAY_S = 1
SIGN_IN = 'Bearer realm="flet-montrg"'

# A refusal travels in trailers, of which a gRPC client takes 8 KiB; more breaks the connection for everybody on it.
# A letter beyond ASCII has up to nine bytes there, and the details say everything once more.
MOST_MESSAGE_BYTES = 600
MOST_DETAIL_BYTES = 240
MOST_VIOLATIONS = 8

STATUSES: dict[type[Exception], grpc.StatusCode] = {
    errors.NotFoundError: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExistsError: grpc.StatusCode.ALREADY_EXISTS,
    errors.FailedPreconditionError: grpc.StatusCode.FAILED_PRECONDITION,
    errors.UnavailableError: grpc.StatusCode.UNAVAILABLE,
    errors.OutOfRangeError: grpc.StatusCode.OUT_OF_RANGE,
    errors.ExhaustedError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.InvalidInputError: grpc.StatusCode.INVALID_ARGUMENT,
    errors.UnauthenticatedError: grpc.StatusCode.UNAUTHENTICATED,
    errors.ForbiddenError: grpc.StatusCode.PERMISSION_DENIED,
    errors.UnimplementedError: grpc.StatusCode.UNIMPLEMENTED,
}

# The same call may work after RETRY_DELAY_S.
TRY_AGAIN = (errors.UnavailableError, errors.ExhaustedError)

# What SQLAlchemy and asyncpg raise when the database is not there, as opposed to a statement that is wrong.
DATABASE_AWAY = (
    *(exc.OperationalError, exc.InterfaceError, exc.TimeoutError),
    *(asyncpg.InterfaceError, asyncpg.InternalClientError, OSError),
)

# Classes of SQLSTATE of which the same call may not meet the same again: lost connection, conflict with another
# transaction, out of resources, lock not available, stopped by an operator or a time limit; and read-only, as a server
# is that another one has taken over from.
PASSING = ("08", "40", "53", "55", "57", "25006")


def database_is_away(error: BaseException) -> bool:
    """Tells whether an error means that PostgreSQL cannot do this now, and that it may a little later."""
    cause = error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error
    if isinstance(cause, asyncpg.DataError):  # an InterfaceError, too, but of a value that we gave
        return False
    if str(getattr(cause, "sqlstate", None) or "").startswith(PASSING):
        return True
    return isinstance(error, DATABASE_AWAY) or (isinstance(error, exc.DBAPIError) and error.connection_invalidated)


def to_domain(error: Exception) -> errors.DomainError | None:
    """Returns the domain error that stands for `error`, or None for one that nobody foresaw."""
    if isinstance(error, errors.DomainError):
        return error
    if isinstance(error, NotImplementedError):  # of a contract that is served in part, such as that of health
        return errors.no_such_method()
    if database_is_away(error):
        return errors.UnavailableError("the database is away; try again in a second", "DATABASE_UNAVAILABLE")
    return None


def to_status(error: errors.DomainError) -> status_pb2.Status:
    """Builds the status that a caller gets, with details for programs: of bad fields the first eight."""
    code = next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)
    metadata = {key: _short(value, MOST_DETAIL_BYTES) for key, value in error.metadata.items()}
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)
    details = [_pack(info)]
    if isinstance(error, errors.InvalidInputError):
        bad = error_details_pb2.BadRequest()
        for violation in error.violations[:MOST_VIOLATIONS]:
            description = _short(violation.description, MOST_DETAIL_BYTES)
            bad.field_violations.add(field=violation.field, description=description)
        details.append(_pack(bad))
    if isinstance(error, TRY_AGAIN):
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(RETRY_DELAY_S)
        details.append(_pack(retry))
    return status_pb2.Status(code=code.value[0], message=_short(error.message, MOST_MESSAGE_BYTES), details=details)


def _short(text: str, most_bytes: int) -> str:
    """Returns the text, or its two ends: the value that a caller sent comes first, the remedy last."""
    encoded = text.encode()
    if len(encoded) <= most_bytes:
        return text
    half = most_bytes // 2
    return f"{encoded[:half].decode(errors='ignore')} … {encoded[-half:].decode(errors='ignore')}"


def _pack(message: Any) -> any_pb2.Any:  # noqa: ANN401  any protobuf message
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Lets a call in or refuses it, gives it a request id, maps its errors, and logs one line when it ends."""

    def __init__(self, gate: Gate, *, counts: bool = True) -> None:
        self._gate = gate
        self._counts = counts

    async def intercept_service(
        self,
        continuation: Callable[[Any], Awaitable[Any]],
        handler_call_details: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Wraps the handler of the call."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if method in HEALTH:  # a watch of it would log a line a second
            return handler
        # Who looks at the figures would be most of them.
        figures = served(method, handler) if self._counts and method not in QUIET else UNCOUNTED
        # A caller's words name no span, as they are no label.
        return _wrap(handler or _NOWHERE, _Method(method, self._gate, figures, method if handler else UNKNOWN))


@dataclass(frozen=True, slots=True)
class _Method:
    """What the calls of one method meet before its handler."""

    path: str
    gate: Gate
    figures: Served | Uncounted
    told: str  # what it is called in traces


async def _unknown(*_: object) -> None:
    raise errors.no_such_method()


# What does not exist is wrapped, too: only somebody who may call something learns that it does not.
_NOWHERE = grpc.stream_unary_rpc_method_handler(_unknown, bytes, bytes)


def _wrap(handler: Any, method: _Method) -> Any:  # noqa: ANN401  grpc's untyped handler
    """Wraps a handler, which is given bytes: what grpc itself could not parse it would answer with Python's words."""
    figures = method.figures
    parse = handler.request_deserializer
    parsed = _each_parsed if handler.request_streaming else _parsed
    serialize = _serializer(handler.response_serializer)
    if handler.response_streaming:
        source = handler.stream_stream or handler.unary_stream

        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:  # noqa: ANN401
            async with _call(method, context):
                async for response in source(parsed(parse, request, method), context):
                    figures.sent()
                    yield response

        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(stream, None, serialize)
        return grpc.unary_stream_rpc_method_handler(stream, None, serialize)
    inner = handler.stream_unary or handler.unary_unary

    async def unary(request: Any, context: Any) -> Any:  # noqa: ANN401
        async with _call(method, context):
            response = await inner(parsed(parse, request, method), context)
            figures.sent()
            return response

    if handler.request_streaming:
        return grpc.stream_unary_rpc_method_handler(unary, None, serialize)
    return grpc.unary_unary_rpc_method_handler(unary, None, serialize)


async def _each_parsed(
    parse: Callable[[bytes], Any], requests: AsyncIterator[bytes], method: _Method
) -> AsyncIterator[Any]:
    async for request in requests:
        yield _parsed(parse, request, method)


def _parsed(parse: Callable[[bytes], Any], request: bytes, method: _Method) -> Any:  # noqa: ANN401  any protobuf message
    method.figures.received()
    try:
        return parse(request)
    except DecodeError as error:
        words = f"is no request of {method.path}; send a message of its contract, with texts in UTF-8"
        raise errors.invalid("request", words) from error


def _serializer(serialize: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """Lets a handler return a response as bytes where it has them already."""
    return lambda response: response if isinstance(response, bytes) else serialize(response)


@asynccontextmanager
async def _call(method: _Method, context: Any) -> AsyncIterator[None]:  # noqa: ANN401
    with serving(method.told, header(context.invocation_metadata(), TRACEPARENT)) as told:
        async with _answered(method, context, told):
            yield


@asynccontextmanager
async def _answered(method: _Method, context: Any, told: Span) -> AsyncIterator[None]:  # noqa: ANN401
    start = method.figures.began()
    request_id = header(context.invocation_metadata(), REQUEST_ID) or uuid.uuid4().hex
    began(request_id)
    code = "OK"
    try:
        deadlines.began(context)
        called_by(method.gate.admit(method.path, context))
        yield
    except grpc.aio.AbortError:
        code = "ABORTED_BY_HANDLER"
        raise
    except asyncio.CancelledError:
        code = "CANCELLED"
        raise
    except Exception as error:  # noqa: BLE001  the one place: whatever nobody foresaw must not reach a caller
        status = _status_of(error, method.path, request_id)
        code = grpc_code_name(status.code)
        await context.abort_with_status(_answer(status, error))
    finally:
        answered(told, code)
        seconds = time.perf_counter() - start
        method.figures.ended(code, seconds)
        said = {"method": method.path, "code": code, "ms": round(seconds * 1000, 2)} | kind_of_caller()
        log.log(logging.DEBUG if method.path in QUIET else logging.INFO, "call", extra=said)


def _status_of(error: Exception, method: str, request_id: str) -> status_pb2.Status:
    known = to_domain(error)
    if known is None:
        log.error("internal error", exc_info=error, extra={"method": method})
        message = f"internal error; request id {request_id}"
        return status_pb2.Status(code=grpc.StatusCode.INTERNAL.value[0], message=message)
    if not isinstance(error, errors.DomainError):
        log.warning("database away", extra={"method": method, "error": error})
    return to_status(known)


def _answer(status: status_pb2.Status, error: Exception) -> Any:  # noqa: ANN401  grpc's untyped status
    """Returns the status as grpc sends it, with the header by which HTTP clients know what to do about it."""
    answer = rpc_status.to_status(status)
    headers = _headers(to_domain(error))
    return answer._replace(trailing_metadata=(*answer.trailing_metadata, *headers))


def _headers(error: errors.DomainError | None) -> list[tuple[str, str]]:
    if isinstance(error, TRY_AGAIN):
        return [("retry-after", str(RETRY_DELAY_S))]
    if isinstance(error, errors.UnauthenticatedError):
        return [("www-authenticate", SIGN_IN)]
    return []


def grpc_code_name(number: int) -> str:
    """Returns the name of a status code, such as NOT_FOUND for 5."""
    return next(code.name for code in grpc.StatusCode if code.value[0] == number)
