from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vigilbot.safety.fetching.addresses import NEVER, SPECIAL_V4, may_connect


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104  # an address to refuse, not to bind
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.170.2",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2a00:1450::5efe:a00:1",
        "2a00:1450::200:5efe:7f00:1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "127.1",
        "0x7f000001",
        "example.org",
        "",
    ],
)
def test_nothing_but_a_public_address_is_connected_to(address: str) -> None:
    assert not may_connect(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"])
def test_public_addresses_are(address: str) -> None:
    assert may_connect(address)


@given(st.ip_addresses())
def test_whatever_python_calls_private_is_refused(address: object) -> None:
    judged = ip_address(str(address))
    if not judged.is_global or judged.is_multicast or judged.is_reserved or judged.is_link_local:
        assert not may_connect(str(judged))


@example(ip_address("0.0.0.1"))
@given(st.sampled_from(SPECIAL_V4).flatmap(lambda network: st.ip_addresses(network=str(network))))
def test_an_inner_address_stays_inner_however_ipv6_carries_it(inner: object) -> None:
    number = int(ip_address(str(inner)))
    for carrier in (number, 0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        assert not may_connect(str(IPv6Address(carrier)))
        if carrier != 1:  # ::1 is loopback itself and carries nothing: an admin may name it
            assert not may_connect(str(IPv6Address(carrier)), [ip_network("::/0")])


def test_an_admin_opens_networks_but_never_what_hands_out_credentials() -> None:
    named = [ip_network("10.0.0.0/8"), ip_network("0.0.0.0/0"), ip_network("::/0")]
    assert may_connect("10.1.2.3", named[:1])
    assert not may_connect("192.168.0.1", named[:1])
    assert may_connect("fd00::1", named)
    for network in NEVER:
        assert not may_connect(str(network[0]), named)


def test_a_translated_address_needs_both_its_network_named_and_a_public_inside() -> None:
    nat64 = [ip_network("64:ff9b::/96")]
    assert may_connect("64:ff9b::5db8:d822", nat64)
    assert not may_connect("64:ff9b::a00:1", nat64)
    assert not may_connect("64:ff9b::a9fe:a9fe", nat64)
