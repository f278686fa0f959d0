"""E-mail and IP addresses that point to a person or a household."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_USER = re.compile(r"[\w.+%'-]{1,64}+(?![\w.+%'-])")
"""Read backwards from the @."""
_HOST = re.compile(r"@((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,6}([^\W\d_]{2,24}))(?![\w-])")
_ROLES = re.compile(
    r"(?:git|support|help|helpdesk|info|sales|contact|security|abuse|admin|administrator|billing|team|feedback|press"
    r"|postmaster|hostmaster|webmaster|root|legal|privacy|service|no-?reply|do-?not-?reply|user|username|you|your\.?name"
    r"|name|me|someone|somebody|ec2-user|ubuntu|centos|debian|postgres|[\w-]{0,40}[-_](?:users|dev|devel|announce|list"
    r"|discuss|bugs))(?:\+[\w-]*)?"
)
_EXAMPLES = re.compile(
    r"(?:[\w.-]{0,100}\.)?(?:example|test|invalid|localhost|local)(?:\.(?:com|org|net|edu))?"
    r"|(?:domain|company|yourdomain|acme)\.com"
)
_FILES = re.compile(r"png|jpe?g|gif|svg|webp|js|ts|css|html|json|t?gz|zip|tar|service|timer|socket|target|mount")

_IPV4 = re.compile(r"(?<![\w.+-])(?<!\w/)\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d|\.[a-z]|[\w-])")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{1,4}:){2,7}:?(?:[0-9a-fA-F]{1,4}:){0,6}[0-9a-fA-F]{0,4}(?![\w:])")
_VERSION_WORDS = re.compile(r"(?:version|release|build|ver|v|jdk|jre|upgraded? (?:to|from))[ :=]{0,2}$")
_ADDRESS_WORDS = re.compile(
    r"(?:\bip|address|addr|inet|host|server|client|peer|gateway|ping|ssh|dns)\w{0,3}[ :=(\[\"'`]{1,4}(?:is )?$"
)
_RESOLVERS = {"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "208.67.222.222", "208.67.220.220", "4.2.2.2"}
_ROUTED = IPv6Network("2000::/3")
_DOCUMENTED = IPv6Network("2001:db8::/32")
_LARGEST_MAJOR, _LARGEST_PATCH = 29, 64


def email(text: str, at: int) -> tuple[int, int] | None:
    """Start and end of the address around the `@` at `at`, unless it is a role's, an example's or a file's name."""
    host = _HOST.match(text, at)
    user = _USER.match(text[max(0, at - 65) : at][::-1]) if host else None
    if not host or not user:
        return None
    name = user[0][::-1].lower()
    if _ROLES.fullmatch(name) or _EXAMPLES.fullmatch(host[1].lower()) or _FILES.fullmatch(host[2].lower()):
        return None
    return at - len(name), host.end()


def ipv4(text: str, lower: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Public IPv4 addresses in this stretch; four small numbers are one only when the words before say so."""
    for match in _IPV4.finditer(text, start, end):
        before = lower[max(0, match.start() - 24) : match.start()]
        if _is_public(match[0]) and not _VERSION_WORDS.search(before):
            major, *_, patch = map(int, match[0].split("."))
            if major > _LARGEST_MAJOR or patch > _LARGEST_PATCH or _ADDRESS_WORDS.search(before):
                yield *match.span(), "ip"


def ipv6(text: str) -> Iterator[tuple[int, int, str]]:
    """Public IPv6 addresses: in routed space, or written out in full."""
    for match in _IPV6.finditer(text):
        try:
            address = IPv6Address(match[0])
        except ValueError:
            continue
        written_out = match[0].count(":") == 7 and "::" not in match[0]
        if address not in _DOCUMENTED and not address.is_private and (written_out or address in _ROUTED):
            yield *match.span(), "ip"


def _is_public(text: str) -> bool:
    try:
        return IPv4Address(text).is_global and text not in _RESOLVERS and not text.endswith(".0")
    except ValueError:
        return False
