"""Which addresses may be connected to: public ones, and the internal networks an admin has named.

Python 3.11's `is_global` passes 192.0.0.192 (a cloud's metadata), `::127.0.0.1`, NAT64, 6to4 and multicast, so the
networks are written out here as well, from IANA's special-purpose registries (RFC 6890 and its updates).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SPECIAL_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' NAT; one cloud's metadata lives here
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local: most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; one cloud's metadata lives here
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
ROUTED_V6 = IPv6Network("2000::/3")
"""The only IPv6 space in public use; all else is loopback, local, multicast, mapped, NAT64 or unassigned."""
SPECIAL_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
NEVER: tuple[Network, ...] = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("100.100.100.200/32"),
    IPv4Network("168.63.129.16/32"),  # public by number, yet every machine of one cloud reaches its host under it
    IPv4Network("192.0.0.192/32"),
    IPv4Network("224.0.0.0/4"),
    IPv4Network("255.255.255.255/32"),
    IPv6Network("::/128"),
    IPv6Network("fe80::/10"),
    IPv6Network("fd00:ec2::254/128"),
    IPv6Network("ff00::/8"),
)
"""What no setting opens: what hands out a cloud's credentials to whoever asks, and what is no single host."""

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_ISATAP = (0x00005EFE, 0x02005EFE)


def may_connect(host: str, named: Sequence[Network] = ()) -> bool:
    """Whether a socket may be opened to this numeric address; `named` are the networks an admin has allowed.

    An IPv6 address that carries an IPv4 one (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) is allowed only when an
    admin has named its network *and* the address it carries may be connected to.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if _within(address, NEVER):
        return False
    carried = [] if isinstance(address, IPv4Address) else _carried(address)
    if carried:
        return _within(address, named) and all(may_connect(str(inner), named) for inner in carried)
    return _within(address, named) or _is_public(address)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not _within(address, SPECIAL_V4)
    return address.is_global and address in ROUTED_V6 and not _within(address, SPECIAL_V6)


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _carried(address: IPv6Address) -> list[IPv4Address]:
    """Every IPv4 address that a tunnel or translator may read out of this one."""
    number = int(address)
    last = IPv4Address(number & 0xFFFFFFFF)
    found = [inner for inner in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if inner]
    if _within(address, _NAT64) or (number >> 32) & 0xFFFFFFFF in _ISATAP:
        found.append(last)
    if 1 < number <= 0xFFFFFFFF:  # ::a.b.c.d; ::1 is loopback itself
        found.append(last)
    return found
