"""A URL is parsed once, strictly: what is judged is what is connected to.

Browsers mend much that is not a URL (the WHATWG standard: backslashes, tabs, numbers for hosts), and parsers differ in
how they mend it. Whatever two parsers could read differently is refused here.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

from yarl import URL

from vigilbot.errors import FetchRefused

LONGEST = 2048

_PARTS = re.compile(r"(https?)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@%\s]+)(?::(\d{1,5}))?", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"\d+|0x[0-9a-f]*")
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|ref_src", re.IGNORECASE)
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""Control and invisible characters, backslashes, and bytes that are no UTF-8."""


def parsed(text: str) -> URL:
    """An absolute http or https URL, without its fragment. Raises FetchRefused, naming what is wrong with it."""
    text = text.strip(" ")
    parts = _PARTS.fullmatch(text)
    if not parts or len(text) > LONGEST or _UNREADABLE.search(text):
        raise FetchRefused("not a plain http or https URL")
    authority = _AUTHORITY.fullmatch(parts[2])
    if not authority:
        raise FetchRefused("its host cannot be read in one way only, or it carries a user name")
    try:
        url = URL(text).with_fragment(None)
    except ValueError:
        raise FetchRefused("not a URL") from None
    if not _readable(url.raw_host or "") or (authority[2] and url.explicit_port != int(authority[2])):
        raise FetchRefused("its host cannot be read in one way only")
    return url


def canonical(text: str) -> str:
    """One spelling of an address: without fragment and without what only tells who was sent. Raises FetchRefused."""
    url = parsed(text)
    return str(url.without_query_params(*(name for name in url.query if _TRACKING.fullmatch(name))))


def followed(base: URL, location: str) -> URL:
    """Where a redirect leads, from the page at `base`. Raises FetchRefused as `parsed` does."""
    location = location.strip(" ")
    if location.startswith("//"):
        return parsed(f"{base.scheme}:{location}")
    if _SCHEME.match(location):
        return parsed(location)
    if _UNREADABLE.search(location):
        raise FetchRefused("its redirect cannot be read in one way only")
    try:
        target = parsed(str(base.join(URL(location))))
    except ValueError:
        raise FetchRefused("its redirect is not a URL") from None
    if target.origin() != base.origin():
        raise FetchRefused("its redirect cannot be read in one way only")
    return target


def _readable(host: str) -> bool:
    """A numeric address in its usual spelling, or a host name; nothing that some resolvers take for a number."""
    if ":" in host:
        return _is_numeric(host, IPv6Address)
    labels = host.removesuffix(".").split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        return _is_numeric(host, IPv4Address)
    return len(host) <= 254 and all(_LABEL.fullmatch(label) for label in labels)


def _is_numeric(host: str, kind: type[IPv4Address | IPv6Address]) -> bool:
    try:
        kind(host)
    except ValueError:
        return False
    return "%" not in host  # a zone names an interface of this machine
