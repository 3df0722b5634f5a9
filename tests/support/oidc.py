"""An OIDC issuer elsewhere: its keys over TLS, and a page where people sign in (authorization code with PKCE)."""

import json
import secrets
import ssl
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

HOST = "127.0.0.1"
HOUR = timedelta(hours=1)


class Provider:
    """An issuer that believes everybody to be the same person.

    Attributes:
        issuer: as it stands in its tokens; its own address unless it is given another one.
        url: where its keys are.
        authorities: the file of those that its certificate is of.
        claims: what its access tokens say beside the usual.
    """

    def __init__(self, folder: Path, issuer: str = "") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        authority = trustme.CA()
        self.authorities = folder / "oidc.pem"
        authority.cert_pem.write_to_path(str(self.authorities))
        self.server = ThreadingHTTPServer((HOST, 0), self._pages())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST, "localhost").configure_cert(context)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.address = f"https://{HOST}:{self.server.server_port}"
        # A name, since Envoy asks no address for its certificate.
        self.url = f"https://localhost:{self.server.server_port}/certs"
        self.issuer = issuer or self.address
        self.claims: dict[str, Any] = {}
        self._codes: dict[str, dict[str, str]] = {}

    def token(self, **claims: Any) -> str:
        """Signs a token of somebody; what is given replaces what is usual."""
        usual = {"iss": self.issuer, "aud": "flet-montrg", "sub": "7", "exp": datetime.now(UTC) + HOUR}
        return jwt.encode(usual | claims, self.key, "ES256", headers={"kid": "theirs"})

    def _answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any] | str]:
        """Returns a status and JSON, or where to go."""
        if path == "/certs":
            public = {**ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True), "kid": "theirs", "alg": "ES256"}
            return 200, {"keys": [public]}
        if path == "/.well-known/openid-configuration":
            ends = {f"{name}_endpoint": f"{self.address}/{name}" for name in ("authorization", "token")}
            signed = {"id_token_signing_alg_values_supported": ["ES256"]}
            return 200, {"issuer": self.issuer, "jwks_uri": self.url, **signed, **ends}
        if path == "/authorization":
            code = secrets.token_urlsafe()
            self._codes[code] = query
            return 302, f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        assert path == "/token"
        asked = self._codes.pop(query["code"])
        proof = urlsafe_b64encode(sha256(query["code_verifier"].encode()).digest()).decode().rstrip("=")
        if (proof, query["redirect_uri"]) != (asked["code_challenge"], asked["redirect_uri"]):
            return 400, {"error": "invalid_grant"}
        about = {"aud": asked["client_id"], "nonce": asked["nonce"], "iat": datetime.now(UTC)}
        tokens = {"access_token": self.token(**self.claims), "id_token": self.token(**about)}
        return 200, {**tokens, "token_type": "Bearer", "expires_in": 3600}

    def _pages(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                self._send(parts.path, parts.query)

            def do_POST(self) -> None:
                self._send(self.path, self.rfile.read(int(self.headers["content-length"])).decode())

            def _send(self, path: str, query: str) -> None:
                status, body = answer(path, {name: values[0] for name, values in parse_qs(query).items()})
                self.send_response(status)
                self.send_header("access-control-allow-origin", "*")
                if isinstance(body, str):
                    self.send_header("location", body)
                    self.end_headers()
                    return
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Pages


@contextmanager
def running_provider(folder: Path, issuer: str = "") -> Iterator[Provider]:
    """Runs one until the block ends."""
    provider = Provider(folder, issuer)
    threading.Thread(target=provider.server.serve_forever, daemon=True).start()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()
