"""The certificates of a mesh on one machine: made, renewed before their time, and a new authority without a gap."""

import stat
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, VerificationError
from cryptography.x509.verification import Store as Trust

from services.catalog import SERVICES
from services.certs import folder
from services.certs.authority import BACKDATED, LEAF_LIFE, Names, names_of, utc_now
from services.certs.local import local_names, local_store, of_service
from services.certs.places import CertificatesError
from services.certs.store import SETTLED, Store
from services.common.identities import name_of, spiffe_id

NOW = utc_now()
WANTED = {"location": of_service("location", "flet-montrg"), "edge": Names("flet-montrg", None, ("localhost",))}
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path, WANTED)
    store.refresh(NOW)
    return store


def leaf(tmp_path, name="location"):
    return x509.load_pem_x509_certificate((tmp_path / name / "tls.crt").read_bytes())


def trusts(tmp_path, name, certificate, moment=NOW):
    """Whether who reads the folder of that name believes a certificate then."""
    trusted = x509.load_pem_x509_certificates((tmp_path / name / "ca.crt").read_bytes())
    verifier = PolicyBuilder().store(Trust(trusted)).time(moment).build_server_verifier(x509.DNSName("localhost"))
    try:
        verifier.verify(certificate, [])
    except VerificationError:
        return False
    return True


def test_a_service_has_a_spiffe_id_and_the_names_that_it_is_called_by(store, tmp_path):
    names = names_of(leaf(tmp_path))
    assert names.uri == "spiffe://flet-montrg/location"
    assert {"location-service", "location-service-headless", "localhost"} <= set(names.dns)
    assert "location-service-headless.flet-montrg.svc.cluster.local" in names.dns
    assert names.ips == ("127.0.0.1", "::1")
    certificate = leaf(tmp_path)
    assert certificate.not_valid_after_utc - NOW == LEAF_LIFE
    assert certificate.public_key().curve.name == "secp256r1"
    assert trusts(tmp_path, "edge", certificate)


def test_what_people_see_is_no_client_of_anybody(store, tmp_path):
    purposes = leaf(tmp_path, "edge").extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [purpose._name for purpose in purposes] == ["serverAuth"]
    assert names_of(leaf(tmp_path, "edge")).uri is None


def test_keys_are_readable_by_their_owner_alone_and_belong_to_their_certificates(store, tmp_path):
    keys = [path for path in tmp_path.rglob("*.key") if not path.is_symlink()]
    assert len(keys) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in (*keys, tmp_path / "lock")} == {0o600}
    key = load_pem_private_key((tmp_path / "location" / "tls.key").read_bytes(), None)
    assert key.public_key() == leaf(tmp_path).public_key()


def test_nothing_is_made_anew_before_two_thirds_of_its_life(store, tmp_path):
    before = leaf(tmp_path)
    assert store.refresh(NOW + 16 * HOUR - timedelta(seconds=1)) == []
    assert leaf(tmp_path) == before
    assert store.refresh(NOW + 16 * HOUR) == ["location", "edge"]
    assert leaf(tmp_path).not_valid_after_utc == NOW + 16 * HOUR + LEAF_LIFE


def test_what_is_damaged_or_for_others_names_is_made_anew(store, tmp_path):
    folder.replace(tmp_path / "edge", {"tls.crt": b"damaged", "tls.key": b"", "ca.crt": b""})
    wanted = {**WANTED, "location": of_service("location", "flet-montrg", ["press.example.com"])}
    assert Store(tmp_path, wanted).refresh(NOW) == ["location", "edge"]
    assert "press.example.com" in names_of(leaf(tmp_path)).dns


def test_a_clock_that_was_ahead_leaves_nothing_that_is_not_valid_yet(store, tmp_path):
    yesterday = NOW - 24 * HOUR
    store.refresh(yesterday)
    assert leaf(tmp_path).not_valid_before_utc == yesterday - BACKDATED


def test_what_was_issued_by_hand_is_renewed_as_the_others(store, tmp_path):
    store.issue("gauge", of_service("gauge", "flet-montrg", ["gauge.example.com"], ["192.0.2.7"]), NOW)
    assert set(store.refresh(NOW + 16 * HOUR)) == {"location", "edge", "gauge"}
    names = names_of(leaf(tmp_path, "gauge"))
    assert (names.uri, names.dns, names.ips[-1]) == (
        "spiffe://flet-montrg/gauge", ("localhost", "gauge.example.com"), "192.0.2.7",
    )  # fmt: skip


def test_a_new_authority_is_trusted_before_it_signs_and_the_old_one_for_as_long_as_what_it_signed(store, tmp_path):
    old = leaf(tmp_path)
    settled = store.change_authority(NOW)
    assert settled == NOW + SETTLED
    assert store.change_authority(NOW) == settled, "one change at a time"
    assert store.refresh(settled - timedelta(seconds=1)) == []
    assert leaf(tmp_path) == old, "nobody shows what others may not trust yet"
    assert store.refresh(settled) == ["location", "edge"]
    new = leaf(tmp_path)
    assert new.issuer != old.issuer
    for name in WANTED:
        assert trusts(tmp_path, name, new, settled)
        assert trusts(tmp_path, name, old, settled), "who has not changed yet is still believed"
    store.refresh(settled + LEAF_LIFE)
    assert not trusts(tmp_path, "edge", old, settled)
    assert len(store.certificates()["ca"]) == 1


def test_everybody_trusts_the_new_authority_before_it_signs(store, tmp_path):
    store.change_authority(NOW)
    ahead = {name: x509.load_pem_x509_certificates((tmp_path / name / "ca.crt").read_bytes()) for name in WANTED}
    assert {len(trusted) for trusted in ahead.values()} == {2}
    store.refresh(NOW + SETTLED)
    assert all(any(leaf(tmp_path).issuer == one.subject for one in trusted) for trusted in ahead.values())


def test_a_change_of_the_authority_that_was_broken_off_goes_on(store, tmp_path):
    store.change_authority(NOW)
    assert Store(tmp_path, WANTED).refresh(NOW + HOUR) == ["location", "edge"]


def test_an_authority_is_changed_before_its_time_too(store, tmp_path):
    first = store.certificates()["ca"][0]
    late = first.not_valid_after_utc - timedelta(days=600)
    store.refresh(late)
    store.refresh(late + SETTLED)
    assert store.certificates()["ca"][0].subject != first.subject


def test_a_rotation_makes_everything_anew_of_the_same_authority(store, tmp_path):
    before = leaf(tmp_path)
    assert store.rotate(NOW) == ["location", "edge"]
    assert leaf(tmp_path).serial_number != before.serial_number
    assert leaf(tmp_path).issuer == before.issuer


def test_an_authority_without_its_key_is_told_with_the_remedy(store, tmp_path):
    folder.replace(tmp_path / "ca", {"ca.crt": (tmp_path / "ca" / "ca.crt").read_bytes()})
    with pytest.raises(CertificatesError, match="put its files back, or remove the folder"):
        store.refresh(NOW)


def test_a_folder_is_replaced_as_a_whole_by_one_rename(tmp_path):
    folder.replace(tmp_path, {"a": b"1", "b": b"1", "gone": b"1"})
    opened = (tmp_path / "..data").resolve()
    folder.replace(tmp_path, {"a": b"2", "b": b"2"})
    assert folder.read(tmp_path) == {"a": b"2", "b": b"2"}
    assert (tmp_path / "..data").resolve() != opened
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("..")) == ["a", "b"]
    assert len([path for path in tmp_path.iterdir() if path.is_dir() and not path.is_symlink()]) == 1


def test_every_service_and_the_envoy_have_an_identity(tmp_path):
    made = local_store(tmp_path).refresh(NOW)
    assert made == [*(service.name for service in SERVICES), "envoy", "edge"]
    assert "plant-7" in local_names("flet-montrg", "plant-7")["edge"].dns
    assert local_names("flet-montrg", "no_host")["edge"].dns == ("localhost",)


@pytest.mark.parametrize(
    "uri", ["spiffe://elsewhere/location", "spiffe://flet-montrg/a/b", "spiffe://flet-montrg/", "x"]
)
def test_another_id_is_nobodys_name(uri):
    assert name_of(uri) is None
    assert name_of(spiffe_id("location")) == "location"
