"""Renders the routes of what Envoy answers itself from files: documentation, and at the gateway the dashboard.

Direct responses rather than the file_server filter, which Envoy's threat model does not cover yet: there is no path
to escape from, since each file is named, and the files are read once, when Envoy starts.
"""

import json
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from services.catalog import GATEWAY, Service
from services.common.settings import DEV, SECURE
from services.mesh import templates
from services.mesh.options import ROOT, Oidc, RenderOptions

# Swagger UI's script is 1.7 MB; the default limit of a direct response is 4 KiB.
MAX_BYTES = 4 * 1024 * 1024

Page = dict[str, Any]
"""A path, and a `file` or a `text` with its `type`, or a `redirect`; `headers` are added to its answer."""

_DASHBOARD = ("services", "dashboard", "dist")
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
# What a developer's tools write beside them.
_NOT_SERVED = {".map"}

# A name with the content's hash in it never means anything else.
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_HASHED = "assets"
# Positions are set on elements by scripts; a style sheet or script of anybody else's is never one of the page's.
_POLICY = (
    "default-src 'self'; connect-src 'self'{issuer}; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_TRANSCODER = "envoy.filters.http.grpc_json_transcoder"
_ENDS_AS_IT_LIKES = "/?"


def of_service(service: Service, options: RenderOptions) -> Sequence[Page]:
    """Returns what a service's own port serves: its documentation."""
    pages: Sequence[Page] = _filled("service", {"name": service.name}, options)
    return pages


def of_gateway(services: Sequence[Service], options: RenderOptions) -> Sequence[Page]:
    """Returns what the gateway serves: the dashboard and its settings, and the documentation of everything."""
    documents = {service.name: f"/openapi/{service.name}.json" for service in services}
    picked = [
        {"name": "Everything", "url": "/openapi.json"},
        *({"name": service.title, "url": documents[service.name]} for service in services),
    ]
    oidc = _sign_in(options)
    settings = {
        "profile": DEV if options.secure is None else SECURE,
        "time_zone": options.time_zone,
        "version": version("montrg"),
        **({"oidc": {"issuer": oidc.issuer, "client_id": oidc.client_id}} if oidc else {}),
    }
    values = {
        "name": GATEWAY.name,
        "documents": json.dumps(picked),
        "settings": json.dumps(settings),
        "openapi_of_services": [
            {"path": path, "file": options.path("gen", "openapi", f"{name}.json"), "type": _KINDS[".json"]}
            for name, path in documents.items()
        ],
    }
    return [*_dashboard(options), *_filled("gateway", values, options)]


def routes(pages: Sequence[Page]) -> list[dict[str, Any]]:
    """Renders a route for each of them."""
    return [_route(page) for page in pages]


def match(page: Page) -> dict[str, Any]:
    """Returns what the path of a page matches, as Envoy reads it."""
    path: str = page["path"]
    if not path.endswith(_ENDS_AS_IT_LIKES):
        return {"path": path}
    return {"safe_regex": {"regex": re.escape(path.removesuffix(_ENDS_AS_IT_LIKES)) + _ENDS_AS_IT_LIKES}}


def _filled(door: str, values: dict[str, Any], options: RenderOptions) -> Any:  # noqa: ANN401  what YAML holds
    pieces = templates.load("pages.yaml")
    folders = {
        "docs": options.path("services", "mesh", "swagger"),
        "openapi": options.path("gen", "openapi"),
    }
    viewer = templates.fill(pieces["viewer"], folders)
    return templates.fill(pieces[door], {**folders, "viewer": viewer, **values})


def _dashboard(options: RenderOptions) -> Iterator[Page]:
    """Yields the files that are built of `services/dashboard`, the page itself at `/`."""
    folder = ROOT.joinpath(*_DASHBOARD)
    for file in sorted(each for each in folder.rglob("*") if each.is_file() and each.suffix not in _NOT_SERVED):
        parts = file.relative_to(folder).parts
        if file.suffix not in _KINDS:
            raise ValueError(f"{file}: nobody says what kind of file this is; add {file.suffix!r} to pages.py")
        kind = _KINDS[file.suffix]
        page = {"path": f"/{'/'.join(parts)}", "file": options.path(*_DASHBOARD, *parts), "type": kind}
        if parts == ("index.html",):
            yield {**page, "path": "/", "headers": _of_the_page(options)}
        else:
            yield {**page, "headers": _FOREVER} if parts[0] == _HASHED else page


def _sign_in(options: RenderOptions) -> Oidc | None:
    """Returns the issuer at which people sign in to the dashboard, if there is one."""
    oidc = options.issuers.oidc if options.issuers else None
    return oidc if oidc and oidc.client_id else None


def _of_the_page(options: RenderOptions) -> dict[str, str]:
    oidc = _sign_in(options)
    # The page asks the issuer for tokens itself.
    issuer = f" https://{urlsplit(oidc.issuer).netloc}" if oidc else ""
    return {
        "content-security-policy": _POLICY.format(issuer=issuer),
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
    }


def _route(page: Page) -> dict[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder"
    is_read = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}
    route = {
        "match": {**match(page), "headers": [is_read]},
        # Without services it lets pass what it would refuse as an unknown path.
        "typed_per_filter_config": {_TRANSCODER: {"@type": kind, "proto_descriptor": "", "services": []}},
    }
    if "redirect" in page:
        return {**route, "redirect": {"path_redirect": page["redirect"], "response_code": "FOUND"}}
    body = {"filename": page["file"]} if "file" in page else {"inline_string": page["text"]}
    headers = {"content-type": page["type"], "cache-control": "no-cache", **page.get("headers", {})}
    return {
        **route,
        "direct_response": {"status": 200, "body": body},
        "response_headers_to_add": [
            {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
            for key, value in headers.items()
        ],
    }
