"""The reservation of ports: against listeners, against connections, and not against the servers themselves."""

import socket

import grpc
import pytest

from services.catalog import SERVICES
from services.local import ports
from services.local.children import ChildError
from services.local.ports import reserved_ports
from services.local.settings import HOST
from tests.support.ports import mesh_of_the_moment


@pytest.fixture
def settings():
    return mesh_of_the_moment()


@pytest.fixture
def port(settings):
    return settings.grpc_ports(SERVICES[0])[SERVICES[0].name]


def nothing(words):
    pass


async def test_a_port_that_another_program_listens_on_is_named_with_the_remedy(settings, port):
    words = rf"port {port} .* is in use[\s\S]*MONTRG_PORT_OFFSET"
    with socket.create_server((HOST, port)), pytest.raises(ChildError, match=words):
        async with reserved_ports(settings, nothing):
            pass


async def test_a_server_can_listen_on_a_reserved_port_again_and_again(settings, port):
    async with reserved_ports(settings, nothing):
        for _ in range(2):
            server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
            assert server.add_insecure_port(f"{HOST}:{port}") == port
            await server.start()
            await server.stop(None)


async def test_a_port_that_an_outgoing_connection_has_is_waited_for(monkeypatch, settings, port):
    monkeypatch.setattr(ports, "POLL_S", 0.01)
    said = []
    with socket.create_server((HOST, 0)) as server, socket.socket() as client:
        client.bind((HOST, port))
        client.connect(server.getsockname())
        # The server's end closes first, so that the port is free at once when the client closes.
        server.accept()[0].close()

        def say(words):
            said.append(words)
            client.close()

        async with reserved_ports(settings, say):
            pass
    assert f"port {port}" in said[0]


async def test_a_port_that_a_connection_keeps_is_an_error_in_the_end(monkeypatch, settings, port):
    monkeypatch.setattr(ports, "PATIENCE_S", 0.05)
    with socket.socket() as client:
        client.bind((HOST, port))
        with pytest.raises(ChildError, match="in use by a connection"):
            async with reserved_ports(settings, nothing):
                pass
