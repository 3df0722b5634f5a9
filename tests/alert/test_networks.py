"""Which addresses webhooks may be at, in all the forms that an address has."""

from ipaddress import ip_network

import pytest

from services.alert.networks import Networks, literal

PRIVATE_TOO, PUBLIC_ONLY = Networks(), Networks(allow_private=False)


@pytest.mark.parametrize(
    ("address", "public_only", "private_too"),
    [
        ("8.8.8.8", True, True),
        ("2001:4860:4860::8888", True, True),
        ("::ffff:8.8.8.8", True, True),
        ("10.0.0.1", False, True),
        ("192.168.0.1", False, True),
        ("127.0.0.1", False, True),
        ("100.64.0.1", False, True),
        ("::1", False, True),
        ("fd12::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("::10.0.0.1", False, True),
        ("64:ff9b::a00:1", False, True),
        ("2002:a00:1::1", False, True),
        ("2001:4860::5efe:a00:1", False, True),
        ("169.254.169.254", False, False),
        ("169.254.170.2", False, False),
        ("168.63.129.16", False, False),
        ("100.100.100.200", False, False),
        ("fe80::1%eth0", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("::169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("64:ff9b:1::a9fe:a9fe", False, False),
        ("2002:a9fe:a9fe::1", False, False),
        ("2001:0:808:808:0:0:5601:5601", False, False),
        ("2001:4860::5efe:a9fe:a9fe", False, False),
        ("fd00:ec2::254", False, False),
        ("fd00:ec2::23", False, False),
        ("224.0.0.1", False, False),
        ("ff02::1", False, False),
        ("0.0.0.0", False, False),
        ("0.0.0.1", False, False),
        ("255.255.255.255", False, False),
        ("::", False, False),
    ],
)
def test_which_addresses_are_allowed(address, public_only, private_too):
    assert PUBLIC_ONLY.allow(address) is public_only
    assert PRIVATE_TOO.allow(address) is private_too


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.20.3.4", True),
        ("::ffff:10.20.3.4", True),
        ("fd12::7", True),
        ("10.21.3.4", False),
        ("8.8.8.8", True),
        ("169.254.169.254", False),
        ("::ffff:169.254.169.254", False),
    ],
)
def test_a_network_that_is_named_is_allowed_and_the_link_never_is(address, allowed):
    named = [ip_network(word) for word in ("10.20.0.0/16", "fd12::/32", "169.254.0.0/16")]
    assert Networks(allow_private=False, allowed=named).allow(address) is allowed


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("１２７.０.０.１", "127.0.0.1"),
        ("127。0。0。1", "127.0.0.1"),
        ("LOCALHOST", "127.0.0.1"),
        ("a.localhost.", "127.0.0.1"),
        ("ip6-localhost", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("::1", "::1"),
        ("fe80::1%25eth0", "fe80::1"),
        ("::ffff:7f00:1", "::ffff:7f00:1"),
        ("hooks.example.com", None),
        ("127.example", None),
        ("게이트웨이.kr", None),
    ],
)
def test_an_address_is_known_however_it_is_written(host, address):
    assert literal(host) == address
