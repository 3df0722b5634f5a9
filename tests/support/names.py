"""A name server for the names of pods, as a cluster has one: a test decides which of them each name stands for."""

import asyncio
import socket
import struct
from contextlib import asynccontextmanager

A, IN = 1, 1
ANSWER, NO_SUCH_NAME = 0x8400, 3
HEADER = struct.Struct("!HHHHHH")
# The name is the one asked for.
RECORD = struct.Struct("!HHHIH4s")
# As long as CoreDNS says; Envoy is to ask anew all the same.
LIVES_S = 30
ASKED_NAME = 0xC00C


class Names(asyncio.DatagramProtocol):
    """The names, each with the addresses that it stands for now; what follows a dot, as a search domain, is ignored."""

    def __init__(self):
        self.addresses: dict[str, list[str]] = {}
        self.port = 0
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport):
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data, addr):
        self._transport.sendto(self._answer(data), addr)

    def _answer(self, query):
        number, *_ = HEADER.unpack_from(query)
        length = query[HEADER.size]
        name = query[HEADER.size + 1 :][:length].decode()
        end = query.index(b"\0", HEADER.size) + 5  # the end of the name, the type and the class
        (kind,) = struct.unpack_from("!H", query, end - 4)
        found = self.addresses.get(name)
        addresses = (found or []) if kind == A else []
        flags = ANSWER | (NO_SUCH_NAME if found is None else 0)
        records = [RECORD.pack(ASKED_NAME, A, IN, LIVES_S, 4, socket.inet_aton(address)) for address in addresses]
        return HEADER.pack(number, flags, 1, len(records), 0, 0) + query[HEADER.size : end] + b"".join(records)


@asynccontextmanager
async def name_server():
    """Answers until the block ends."""
    transport, names = await asyncio.get_running_loop().create_datagram_endpoint(Names, local_addr=("127.0.0.1", 0))
    try:
        yield names
    finally:
        transport.close()


def ask(config, port):
    """Has a rendered configuration ask the name server at a port."""
    place = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    kind = "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig"
    resolver = {"name": "envoy.network.dns_resolver.cares", "typed_config": {"@type": kind, "resolvers": [place]}}
    for cluster in config["static_resources"]["clusters"]:
        if "cluster_type" in cluster:
            cluster["cluster_type"]["typed_config"]["typed_dns_resolver_config"] = resolver
