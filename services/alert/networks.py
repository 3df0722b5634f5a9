"""Which addresses webhooks may be at. Pure."""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Never, whatever is set: what is no host's address, the link, and where clouds tell a machine its secrets.
_NEVER = tuple(
    ip_network(word)
    for word in (
        *("0.0.0.0/8", "255.255.255.255/32", "169.254.0.0/16", "fe80::/10"),
        *("100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"),
        *("fd00:ec2::/32", "fd20:ce::254/128"),
    )
)
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ip_network("::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)
_THIS_MACHINE = ("localhost", "localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback")


@dataclass(frozen=True, slots=True)
class Networks:
    """Where webhooks may be.

    Attributes:
        allow_private: whether in any private network, this machine among them.
        allowed: networks in which they may be although private.
    """

    allow_private: bool = True
    allowed: Sequence[Network] = ()

    def allow(self, address: str) -> bool:
        """Tells whether messages may be sent to an address."""
        return all(self._allow(ip) for ip in _meant(ip_address(address.partition("%")[0])))

    def allow_host(self, host: str) -> bool:
        """Tells whether messages may be sent to a host that says its address itself; names are resolved later."""
        address = literal(host)
        return address is None or self.allow(address)

    def _allow(self, ip: Address) -> bool:
        if ip.is_multicast or ip.is_unspecified or any(ip in network for network in _NEVER):
            return False
        return self.allow_private or ip.is_global or any(ip in network for network in self.allowed)


def _meant(ip: Address) -> Iterator[Address]:
    """Yields the IPv4 addresses that an IPv6 one stands for, or the address itself."""
    if isinstance(ip, IPv4Address):
        yield ip
        return
    last = IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.ipv4_mapped or any(ip in network for network in _NAT64) or (ip in _COMPATIBLE and int(ip) > 0xFFFF):
        yield last
    elif ip.sixtofour:
        yield ip.sixtofour
    elif ip.teredo:
        yield from ip.teredo
    else:
        yield ip
        if int(ip) >> 32 & 0xFFFFFFFF in _ISATAP:
            yield last


def literal(host: str) -> str | None:
    """Returns the address that a host of a URL says, in any of the forms that resolvers take; None if it is a name."""
    try:
        host = host if host.isascii() else host.encode("idna").decode()  # wide digits and dots become usual ones
    except UnicodeError:
        return None
    host = host.strip("[]").partition("%")[0].rstrip(".").lower()
    if host in _THIS_MACHINE or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return str(IPv4Address(socket.inet_aton(host)))  # 127.1, 0x7f000001, 017700000001, 2130706433
    except (OSError, ValueError):
        return None
