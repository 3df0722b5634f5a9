"""Names that stand for another address the second time they are asked for, and machines that want calls to go round."""

import socket
import struct
from dataclasses import replace
from ipaddress import ip_network

import pytest

from services.alert.networks import Networks
from services.alert.notify.webhook import WebhookChannel
from tests.alert.notify.conftest import failed
from tests.support.names import HEADER, name_server
from tests.support.ports import free_port
from tests.support.receivers import webhook

NAME = "rebinding"
# Stands for what everybody can reach: the one address that is named.
PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.3"


@pytest.fixture
def resolver(monkeypatch):
    """Has this process ask the name server at a port for every name, as its resolver would; tells what it was asked."""
    asked = []

    def begin(port):
        def ask(host, service, *_more, **_options):
            name = b"".join(bytes([len(part)]) + part.encode() for part in host.split("."))
            query = HEADER.pack(7, 0x0100, 1, 0, 0, 0) + name + b"\0" + struct.pack("!HH", 1, 1)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.settimeout(5)
                sender.sendto(query, ("127.0.0.1", port))
                answer = sender.recv(512)
            asked.append(host)
            places = [socket.inet_ntoa(part[-4:]) for part in _records(answer[len(query) :])]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, service)) for place in places]

        monkeypatch.setattr(socket, "getaddrinfo", ask)
        return asked

    return begin


def _records(data):
    return [data[begin : begin + 16] for begin in range(0, len(data), 16)]


@pytest.fixture
async def channel(settings):
    networks = Networks(allow_private=False, allowed=[ip_network(f"{PUBLIC}/32")])
    channel = WebhookChannel(replace(settings, networks=networks))
    yield channel
    await channel.close()


async def test_a_name_that_becomes_private_is_refused_and_one_answer_is_both_checked_and_used(
    channel, message, resolver
):
    port = free_port()
    to_send = message(recipient=f"http://{NAME}:{port}/x")
    async with (
        name_server() as names,
        webhook(port=port, host=PUBLIC) as public,
        webhook(port=port, host=PRIVATE) as private,
    ):
        asked = resolver(names.port)
        names.addresses[NAME] = [PUBLIC]
        # Its connection is not kept, so the name is asked for again.
        public.answers = [(200, {"connection": "close"})]
        assert await channel.send(to_send) is None
        assert asked == [NAME], "who asks twice can be told two things"
        names.addresses[NAME] = [PRIVATE]
        failure = await failed(channel, to_send)
    assert (failure.reason, failure.permanent) == ("the host has no address that messages may be sent to", True)
    assert asked == [NAME] * 2
    assert (len(public.requests), private.requests) == (1, [])
    assert public.requests[0].headers["host"] == f"{NAME}:{port}"


async def test_of_several_addresses_only_the_allowed_one_is_called(channel, message, resolver):
    port = free_port()
    async with (
        name_server() as names,
        webhook(port=port, host=PUBLIC) as public,
        webhook(port=port, host=PRIVATE) as private,
    ):
        resolver(names.port)
        names.addresses[NAME] = [PRIVATE, "169.254.169.254", PUBLIC]
        assert await channel.send(message(recipient=f"http://{NAME}:{port}/x")) is None
    assert (len(public.requests), private.requests) == (1, [])


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "localhost"])
async def test_an_address_in_disguise_is_refused(channel, message, host):
    async with webhook() as receiver:
        port = receiver.url.rpartition(":")[2]
        failure = await failed(channel, message(recipient=f"http://{host}:{port}/"))
    assert failure.permanent
    assert receiver.requests == []


async def test_what_a_machine_says_of_proxies_is_not_heeded(settings, message, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    channel = WebhookChannel(settings)
    async with webhook() as receiver:
        assert await channel.send(message(recipient=receiver.url)) is None
    await channel.close()
    assert receiver.requests[0].path == "/"
