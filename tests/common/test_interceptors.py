"""The one table of statuses, and what a caller is told of an error."""

import grpc
import pytest
from google.rpc import error_details_pb2
from sqlalchemy import exc

from services.common import errors
from services.common.interceptors import STATUSES, database_is_away, grpc_code_name, to_domain, to_status

EXAMPLES = [
    (errors.NotFoundError("no x", "X_NOT_FOUND", {"x": "1"}), grpc.StatusCode.NOT_FOUND),
    (errors.AlreadyExistsError("x is there", "X_EXISTS"), grpc.StatusCode.ALREADY_EXISTS),
    (errors.FailedPreconditionError("x is used", "X_IN_USE"), grpc.StatusCode.FAILED_PRECONDITION),
    (errors.UnavailableError("x is away", "X_AWAY"), grpc.StatusCode.UNAVAILABLE),
    (errors.OutOfRangeError("x is gone", "X_GONE"), grpc.StatusCode.OUT_OF_RANGE),
    (errors.ExhaustedError("x is full", "X_FULL"), grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.invalid("x", "is bad"), grpc.StatusCode.INVALID_ARGUMENT),
    (errors.UnauthenticatedError("who are you", "NO_CREDENTIAL"), grpc.StatusCode.UNAUTHENTICATED),
    (errors.ForbiddenError("not yours", "ROLE_TOO_LOW"), grpc.StatusCode.PERMISSION_DENIED),
    (errors.no_such_method(), grpc.StatusCode.UNIMPLEMENTED),
]


def details(error):
    found = {}
    for packed in to_status(error).details:
        for cls in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo):
            message = cls()
            if packed.Unpack(message):
                found[cls.__name__] = message
    return found


def test_the_examples_cover_the_whole_table():
    assert {type(error) for error, _ in EXAMPLES} == set(STATUSES)


@pytest.mark.parametrize(("error", "code"), EXAMPLES)
def test_an_error_has_its_status_its_words_and_its_reason(error, code):
    status = to_status(error)
    assert (grpc_code_name(status.code), status.message) == (code.name, error.message)
    info = details(error)["ErrorInfo"]
    assert (info.reason, info.domain, dict(info.metadata)) == (error.reason, "montrg", error.metadata)


def test_bad_input_names_each_bad_field():
    error = errors.InvalidInputError([errors.Violation("a", "is low"), errors.Violation("b", "is high")])
    violations = details(error)["BadRequest"].field_violations
    assert [(v.field, v.description) for v in violations] == [("a", "is low"), ("b", "is high")]


def test_a_refusal_fits_into_trailers_and_keeps_its_remedy_whatever_a_caller_sent():
    words = f"is {'높' * 10_000}; give one of a, b"
    error = errors.InvalidInputError([errors.Violation(f"field[{index}]", words) for index in range(1000)])
    error.metadata["name"] = "가" * 10_000
    status = to_status(error)
    # Base64 takes four bytes for three, and each byte of a letter beyond ASCII becomes three in grpc-message.
    assert status.ByteSize() * 4 / 3 + 3 * len(status.message.encode()) < 7 * 1024
    violations = details(error)["BadRequest"].field_violations
    assert [v.field for v in violations] == [f"field[{index}]" for index in range(8)]
    assert all(text.endswith("; give one of a, b") for text in (status.message, violations[0].description))


def test_a_caller_is_told_when_to_try_again():
    assert details(errors.UnavailableError("x", "X"))["RetryInfo"].retry_delay.seconds == 1


def test_a_database_that_is_away_is_unavailable_and_a_wrong_statement_is_nobodys_fault_but_ours():
    away = to_domain(exc.OperationalError("SELECT 1", {}, OSError("refused")))
    assert isinstance(away, errors.UnavailableError)
    assert "SELECT" not in away.message
    assert to_domain(exc.ProgrammingError("SELEC 1", {}, ValueError("syntax"))) is None
    assert to_domain(KeyError("x")) is None
    assert database_is_away(ConnectionRefusedError())
