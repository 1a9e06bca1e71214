"""Where an outgoing request may go: to addresses of the public internet, unless the operator allows more.

A name is resolved once and the connection is made to the address that was checked, so a name that changes its mind
between check and use (DNS rebinding) gains nothing.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from engines.kernel.problems import Forbidden, Problem, Rejected

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

NAT64: Final = IPv6Network("64:ff9b::/96")
LOCAL_NAT64: Final = IPv6Network("64:ff9b:1::/48")
PORTS: Final = frozenset({80, 443, 8000, 8080, 8443})


def networks(text: str) -> tuple[Network, ...]:
    """The networks of a comma-separated list (`10.1.0.0/16, 127.0.0.1`). Raises `ValueError`."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def checked_address(host: str, port: int, allowed: Sequence[Network] = ()) -> str:
    """The address to connect to. Raises `Rejected` for a name that leads nowhere, `Forbidden` where it leads inside.

    Every address of the name must be allowed: one that is not among them shows what the name is for.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        message = f'The address "{host}" is not known'
        raise Rejected(Problem("connector.unknown_host", "url", message, {"host": host})) from error
    addresses = [ip_address(entry[4][0]) for entry in found]
    for address in addresses:
        plain = _plain(address)
        if any(plain in network for network in allowed if network.version == plain.version):
            continue
        if not plain.is_global or plain.is_multicast or plain in LOCAL_NAT64 or port not in PORTS:
            message = f'"{host}" leads to an address that may not be called from here'
            raise Forbidden(Problem("connector.private_address", "url", message, {"host": host}))
    return str(addresses[0])


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for: mapped, NAT64, 6to4, Teredo."""
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        return inner or address
    return address
