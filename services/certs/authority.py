"""Makes certificates: an authority of its own, and what it signs. Time is an argument."""

import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LEAF_LIFE = timedelta(hours=24)
AUTHORITY_LIFE = timedelta(days=5 * 365)
# A clock that goes behind takes a new certificate all the same.
BACKDATED = timedelta(minutes=5)
_MOST_NAME = 64  # of a common name


@dataclass(frozen=True, slots=True)
class Names:
    """Whom a certificate is for.

    Attributes:
        common: what people read.
        uri: the SPIFFE id; None for what only people see, who know no such ids.
        dns: the host names at which it is met.
        ips: the addresses at which it is met.
    """

    common: str
    uri: str | None = None
    dns: Sequence[str] = ()
    ips: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes

    @property
    def parsed(self) -> x509.Certificate:
        """The certificate as a thing that can be asked."""
        return x509.load_pem_x509_certificate(self.certificate)


def make_authority(now: datetime, life: timedelta = AUTHORITY_LIFE) -> KeyPair:
    """Makes an authority, which signs itself. Each has a name of its own, so that two are never taken for one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject(f"flet-montrg CA {now:%Y-%m-%d} {secrets.token_hex(4)}")
    usage = _usage(signs_certificates=True)
    builder = _builder(name, name, key.public_key(), now, life)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return _signed(builder.add_extension(usage, critical=True), key, key)


def issue(authority: KeyPair, names: Names, now: datetime, life: timedelta = LEAF_LIFE) -> KeyPair:
    """Makes a key and its certificate. Who has a SPIFFE id may show it as a client, too."""
    issuer, issuer_key = authority.parsed, _private_key(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if names.uri else [])]
    builder = _builder(_subject(names.common), issuer.subject, key.public_key(), now, life)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return _signed(builder.add_extension(identifier, critical=False), key, issuer_key)


def names_of(certificate: x509.Certificate) -> Names:
    """Returns whom a certificate is for."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uris = found.get_values_for_type(x509.UniformResourceIdentifier)
    return Names(
        common=str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value),
        uri=uris[0] if uris else None,
        dns=tuple(found.get_values_for_type(x509.DNSName)),
        ips=tuple(map(str, found.get_values_for_type(x509.IPAddress))),
    )


def is_of(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Tells whether an authority has signed a certificate; their names are unlike those of any other."""
    return certificate.issuer == authority.subject


def is_due(certificate: x509.Certificate, now: datetime) -> bool:
    """Tells whether two thirds of a certificate's life are over: then it is time for the next one."""
    begin, end = certificate.not_valid_before_utc + BACKDATED, certificate.not_valid_after_utc
    return now >= begin + (end - begin) * 2 / 3 or now < begin - BACKDATED


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - BACKDATED).not_valid_after(now + life)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _signed(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, issuer_key: ec.EllipticCurvePrivateKey
) -> KeyPair:
    certificate = builder.sign(issuer_key, hashes.SHA256())
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return KeyPair(certificate.public_bytes(pem), key.private_bytes(pem, form, plain))


def _private_key(pair: KeyPair) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pair.key, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not one of an elliptic curve")
    return key


def _subject(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:_MOST_NAME])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Names) -> list[x509.GeneralName]:
    uris: list[x509.GeneralName] = [x509.UniformResourceIdentifier(names.uri)] if names.uri else []
    dns = [x509.DNSName(name) for name in names.dns]
    return [*uris, *dns, *(x509.IPAddress(ipaddress.ip_address(ip)) for ip in names.ips)]


def utc_now() -> datetime:
    """Returns the time now, in whole seconds, as certificates have it."""
    return datetime.now(UTC).replace(microsecond=0)
