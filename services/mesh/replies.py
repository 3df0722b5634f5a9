"""Makes what Envoy itself answers look like what the services answer: google.rpc.Status, or gRPC to gRPC callers."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.mesh import templates

UNAVAILABLE = 14

_NO_LIMIT = 599

# A transcoded request has gRPC's content type, too, but its caller waits for JSON; the transcoder leaves this header.
_IS_GRPC = {"header_filter": {"header": {"name": "content-type", "string_match": {"prefix": "application/grpc"}}}}
_IS_NOT_TRANSCODED = {"header_filter": {"header": {"name": "x-envoy-original-path", "present_match": False}}}


def mappers(values: Mapping[str, str], probes: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Renders the mappers of one listener: the probes, then each status of `errors.yaml` for gRPC and for REST.

    A probe is one of `probes.yaml`: without words it has an answer already, which stays as it is.
    """
    result: list[dict[str, Any]] = []
    for probe in templates.fill(probes, values):
        result += [_healthy(probe), _unhealthy(probe)] if "good" in probe else [_as_it_is(probe)]
    for entry in templates.fill(templates.load("errors.yaml"), values):
        result += [_for_grpc(entry), _for_rest(entry)]  # the first that matches counts
    return result


def _healthy(probe: Mapping[str, str]) -> dict[str, Any]:
    """Gives a body to the health filter's 200, which has none of its own."""
    return {
        "filter": _all([_on_path(probe), _status("EQ", 200)]),
        "body_format_override": {"content_type": "application/json", "json_format": {"status": probe["good"]}},
    }


def _unhealthy(probe: Mapping[str, str]) -> dict[str, Any]:
    entry = {"status": 503, "code": UNAVAILABLE, "text": probe["bad"]}
    return {**_for_rest(entry), "filter": _all([_on_path(probe), _status("EQ", 503)])}


def _as_it_is(probe: Mapping[str, str]) -> dict[str, Any]:
    body = {"content_type": "application/json", "text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"}}
    return {"filter": _on_path(probe), "body_format_override": body}


def _on_path(probe: Mapping[str, Any]) -> dict[str, Any]:
    return {"header_filter": {"header": {"name": ":path", "string_match": {"safe_regex": {"regex": probe["path"]}}}}}


def _for_rest(entry: Mapping[str, Any]) -> dict[str, Any]:
    status = {
        "code": entry["code"],
        "message": _text(entry),
        "details": [{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": "%REQ(X-REQUEST-ID)%"}],
    }
    return {
        "filter": _all(_matches(entry)),
        **_instead(entry),
        "body_format_override": {"content_type": "application/json", "json_format": status},
        **({"headers_to_add": _retry_after(entry)} if "retry_after" in entry else {}),
    }


def _for_grpc(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "filter": _all([*_matches(entry), _IS_GRPC, _IS_NOT_TRANSCODED]),
        **_instead(entry),
        "body_format_override": {"text_format_source": {"inline_string": _text(entry)}},
        "headers_to_add": [_header("grpc-status", entry["code"]), *_retry_after(entry)],
    }


def _retry_after(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_header("retry-after", entry["retry_after"])] if "retry_after" in entry else []


def _header(name: str, value: int) -> dict[str, Any]:
    return {"header": {"key": name, "value": str(value)}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def _instead(entry: Mapping[str, Any]) -> dict[str, int]:
    return {"status_code": entry["as"]} if "as" in entry else {}


def _text(entry: Mapping[str, Any]) -> str:
    return str(entry.get("text", "%LOCAL_REPLY_BODY%"))


def _matches(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "status" in entry:
        path = [_on_path(entry)] if "path" in entry else []
        details = [_with_details(entry["details"])] if "details" in entry else []
        return [_status("EQ", entry["status"]), *path, *details]
    bounds = [_status("GE", entry["from"])]
    return bounds if entry["to"] == _NO_LIMIT else [*bounds, _status("LE", entry["to"])]


def _all(filters: list[dict[str, Any]]) -> dict[str, Any]:
    return filters[0] if len(filters) == 1 else {"and_filter": {"filters": filters}}


def _status(comparison: str, status: int) -> dict[str, Any]:
    value = {"default_value": status, "runtime_key": f"montrg.reply.{comparison.lower()}.{status}"}
    return {"status_code_filter": {"comparison": {"op": comparison, "value": value}}}


def _with_details(details: str) -> dict[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
    expression = f"response.code_details == '{details}'"
    return {"extension_filter": {"name": "details", "typed_config": {"@type": kind, "expression": expression}}}
