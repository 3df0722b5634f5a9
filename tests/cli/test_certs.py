"""`montrg certs`, in a folder of its own."""

import subprocess
import sys

import pytest
from cryptography import x509

from services.certs import store
from services.certs.authority import names_of
from services.cli.main import main


@pytest.fixture(autouse=True)
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("MONTRG_DATA_DIR", str(tmp_path))
    return tmp_path


def test_without_certificates_it_is_told_what_makes_them(capsys):
    assert main(["certs", "show"]) == 0
    assert "there are no certificates" in capsys.readouterr().out


def test_what_there_is_is_listed_by_name_with_its_identity(capsys):
    assert main(["certs", "rotate"]) == 0
    assert "8 new certificates" in capsys.readouterr().out
    assert main(["certs", "show"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines][:2] == ["name", "ca"]
    assert ["alert_history", "spiffe://flet-montrg/alert_history"] in [[line[0], line[3]] for line in lines[2:]]


def test_the_authority_is_changed_in_one_command(monkeypatch, capsys):
    monkeypatch.setattr(store, "SETTLED", store.SETTLED * 0)
    main(["certs", "rotate"])
    assert main(["certs", "rotate", "--ca"]) == 0
    capsys.readouterr()
    main(["certs", "show"])
    lines = capsys.readouterr().out.splitlines()[1:]
    authorities = [line.split()[-1] for line in lines]
    assert authorities[0] != authorities[1], "both are trusted"
    assert set(authorities[2:]) == {authorities[0]}, "the new one has signed everything"


def test_what_containers_take_is_made_and_kept_until_a_signal(data_dir):
    command = [sys.executable, "-m", "services.cli", "certs", "keep"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        assert "8 new" in keeper.stdout.readline()
        keeper.terminate()
        assert keeper.wait(timeout=20) == 0
    assert (data_dir / "certs" / "alert" / "tls.crt").exists()
    # Made before the line is said, so that whoever waits for the last of them finds all.
    assert (data_dir / "issuer" / "jwks.json").exists()


def test_a_certificate_is_issued_for_further_names(data_dir, capsys):
    assert main(["certs", "issue", "location", "--dns", "press.example.com", "--ip", "192.0.2.7"]) == 0
    assert capsys.readouterr().out == f"{data_dir / 'certs' / 'location'}\n"
    certificate = x509.load_pem_x509_certificate((data_dir / "certs" / "location" / "tls.crt").read_bytes())
    names = names_of(certificate)
    assert names.uri == "spiffe://flet-montrg/location"
    assert {"location-service", "press.example.com"} <= set(names.dns)
    assert "192.0.2.7" in names.ips


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ca"], "NAME is 'ca'"),
        (["../up"], "NAME is '../up'"),
        (["gauge", "--dns", "no host"], "--dns is 'no host'"),
        (["gauge", "--ip", "300.1.1.1"], "--ip is '300.1.1.1'"),
    ],
)
def test_what_is_wrong_is_named(words, told, data_dir, capsys):
    assert main(["certs", "issue", *words]) == 1
    assert told in capsys.readouterr().err
    assert not (data_dir / "certs").exists()
