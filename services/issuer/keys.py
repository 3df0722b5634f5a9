"""The folder of the issuer: the key that signs, which its owner alone may read, and the public ones that count."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import ECAlgorithm

from services.certs import folder
from services.common.access.claims import ClaimNames
from services.common.settings import SettingsError
from services.issuer import domain
from services.issuer.domain import FOLDER, PUBLIC

KEY = "issuer.key"
_ALGORITHM = "ES256"


@dataclass(frozen=True, slots=True)
class Issuer:
    """What signs tokens with the newest key."""

    key: ec.EllipticCurvePrivateKey
    key_id: str

    def token(self, who: domain.Grantee, names: ClaimNames, now: datetime, lasts: timedelta) -> str:
        """Returns a token."""
        claims = dict(domain.claims(who, names, now, lasts))
        return jwt.encode(claims, self.key, _ALGORITHM, headers={"kid": self.key_id})


def is_there(data_dir: Path) -> bool:
    """Tells whether the data folder of a mesh has an issuer."""
    return (data_dir / FOLDER / KEY).exists()


def issuer(data_dir: Path, now: datetime) -> Issuer:
    """Returns the issuer of a mesh, which is made if need be; a folder that cannot be read is a SettingsError."""
    if not is_there(data_dir):
        return new_key(data_dir, now)
    found = folder.read(data_dir / FOLDER)
    try:
        key = load_pem_private_key(found[KEY], None)
        first = json.loads(found[PUBLIC])["keys"][0]["kid"]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise SettingsError(_unreadable(data_dir)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or _public(key)["kid"] != first:
        raise SettingsError(_unreadable(data_dir))
    return Issuer(key, first)


def new_key(data_dir: Path, now: datetime, *, alone: bool = False) -> Issuer:
    """Has a new key sign from now on. The tokens of earlier ones go on, but not where it is to be `alone`."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = _public(key)
    earlier = [] if alone else _keys(folder.read(data_dir / FOLDER))
    text = json.dumps({"keys": domain.with_new(earlier, public, now)}, indent=2)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    folder.replace(data_dir / FOLDER, {KEY: private, PUBLIC: f"{text}\n".encode()})
    return Issuer(key, public["kid"])


def _keys(found: Mapping[str, bytes]) -> Sequence[Mapping[str, Any]]:
    try:
        keys: list[Mapping[str, Any]] = json.loads(found[PUBLIC])["keys"]
    except (KeyError, TypeError, ValueError):  # there are none yet, or nobody could have verified with them
        return []
    return keys


def _public(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """Returns the public half as a JSON Web Key, named by its thumbprint (RFC 7638)."""
    public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    counted = json.dumps({name: public[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    kid = urlsafe_b64encode(hashlib.sha256(counted.encode()).digest()).decode().rstrip("=")
    return {**public, "kid": kid, "alg": _ALGORITHM, "use": "sig"}


def _unreadable(data_dir: Path) -> str:
    return (
        f"{data_dir / FOLDER} holds no key with its {PUBLIC}; `montrg token --new-key` makes new ones, after which the "
        "tokens of a key that is lost count for nothing"
    )
