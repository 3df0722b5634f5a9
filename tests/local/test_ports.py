"""The reservation of ports: against listeners, against connections, and not against the servers themselves."""

import socket

import grpc
import pytest

from services.catalog import SERVICES
from services.local import ports
from services.local.children import ChildError
from services.local.ports import reserved_ports
from services.local.settings import HOST, read_settings

SETTINGS = read_settings({"MONTRG_PORT_OFFSET": "1700"})
PORT = SETTINGS.grpc_ports(SERVICES[0])[SERVICES[0].name]


def nothing(words):
    pass


async def test_a_port_that_another_program_listens_on_is_named_with_the_remedy():
    words = rf"port {PORT} .* is in use[\s\S]*MONTRG_PORT_OFFSET"
    with socket.create_server((HOST, PORT)), pytest.raises(ChildError, match=words):
        async with reserved_ports(SETTINGS, nothing):
            pass


async def test_a_server_can_listen_on_a_reserved_port_again_and_again():
    async with reserved_ports(SETTINGS, nothing):
        for _ in range(2):
            server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
            assert server.add_insecure_port(f"{HOST}:{PORT}") == PORT
            await server.start()
            await server.stop(None)


async def test_a_port_that_an_outgoing_connection_has_is_waited_for(monkeypatch):
    monkeypatch.setattr(ports, "POLL_S", 0.01)
    said = []
    with socket.create_server((HOST, 0)) as server, socket.socket() as client:
        client.bind((HOST, PORT))
        client.connect(server.getsockname())
        # The server's end closes first, so that the port is free at once when the client closes.
        server.accept()[0].close()

        def say(words):
            said.append(words)
            client.close()

        async with reserved_ports(SETTINGS, say):
            pass
    assert f"port {PORT}" in said[0]


async def test_a_port_that_a_connection_keeps_is_an_error_in_the_end(monkeypatch):
    monkeypatch.setattr(ports, "PATIENCE_S", 0.05)
    with socket.socket() as client:
        client.bind((HOST, PORT))
        with pytest.raises(ChildError, match="in use by a connection"):
            async with reserved_ports(SETTINGS, nothing):
                pass
