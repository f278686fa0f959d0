"""The fetch door: nothing else in vigilbot opens a page that somebody has pointed to.

Every address is judged when the socket is made, after all name resolution, so that neither a literal, nor a name that
answers differently the second time, nor a redirect leads inside. No cookies, credentials, proxies or referrers.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.resolver import ThreadedResolver

from vigilbot.errors import FetchError, FetchFailed, FetchGone, FetchRefused
from vigilbot.safety.fetching import body
from vigilbot.safety.fetching.addresses import may_connect
from vigilbot.safety.fetching.urls import LONGEST, followed, parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp.abc import AbstractResolver
    from yarl import URL

    from vigilbot.safety.fetching.addresses import Network

AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]
OpenSocket = Callable[[AddrInfo], socket.socket]
"""Makes the socket for an address that has been judged."""

MOST_BYTES = 10 * 1024 * 1024
MOST_SECONDS = 10.0
MOST_REDIRECTS = 5
TYPES = (
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "text/markdown",
    "text/x-markdown",
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
"""What can be read as documentation. A response without a type is not guessed at."""

_SECRET_PARTS = re.compile(r"[?#].*|(?<=//)[^/@]*@", re.DOTALL)
_REDIRECTS = {301, 302, 303, 307, 308}
_HEADERS = {
    "User-Agent": "vigilbot (reads pages that support analysts share)",
    "Accept": ", ".join(TYPES),
    "Accept-Encoding": ", ".join(body.ENCODINGS),
}


@dataclass(frozen=True, slots=True)
class Page:
    """What a URL gave. `url` is where the last redirect led; `etag` is for asking again."""

    url: str
    status: int
    content: bytes
    mimetype: str
    charset: str
    etag: str

    @property
    def not_modified(self) -> bool:
        """Whether the server said that nothing has changed since `etag`; `content` is then empty."""
        return self.status == 304


class FetchDoor:
    """Fetches pages within limits of address, size, time and kind."""

    def __init__(
        self,
        *,
        domains: Sequence[str] = (),
        networks: Sequence[Network] = (),
        ports: Sequence[int] = (80, 443),
        seconds: float = MOST_SECONDS,
        resolver: AbstractResolver | None = None,
        open_socket: OpenSocket | None = None,
    ) -> None:
        """`domains` (`host` or `*.host`) are the only ones opened, unless empty; `networks` are allowed inside."""
        self._domains = tuple(domain.lower() for domain in domains)
        self._networks = tuple(networks)
        self._ports = frozenset(ports)
        self._seconds = seconds
        self._resolver = resolver
        self._open_socket = open_socket or _plain_socket

    async def get(self, url: str, *, etag: str = "") -> Page:
        """Fetch one page, following at most five redirects.

        Raises FetchRefused when a rule of this door forbids it, FetchGone for 404 and 410, FetchFailed otherwise.
        """
        gate = _Gate(self._networks, self._open_socket)
        asked = dict(_HEADERS)
        if etag:
            asked["If-None-Match"] = etag
        try:
            async with asyncio.timeout(self._seconds), self._session(gate, asked) as session:
                return await self._follow(session, parsed(url))
        except FetchError as error:
            raise type(error)(f"{_shown(url)}: {error}") from None
        except TimeoutError:
            raise FetchFailed(f"{_shown(url)}: gave no whole answer within {self._seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if gate.refused:
                raise FetchRefused(f"{_shown(url)}: leads to {gate.refused}, which is not a public address") from None
            raise FetchFailed(f"{_shown(url)}: cannot be fetched ({type(error).__name__})") from None

    def _session(self, gate: _Gate, headers: dict[str, str]) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=self._resolver or ThreadedResolver(),
            socket_factory=gate.socket,
            use_dns_cache=False,
            force_close=True,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=self._seconds),
        )

    async def _follow(self, session: aiohttp.ClientSession, url: URL) -> Page:
        for _ in range(MOST_REDIRECTS + 1):
            self._judge(url)
            async with session.get(url, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await _page(response)
                url = followed(url, response.headers.get("Location", ""))
        raise FetchRefused(f"is redirected more than {MOST_REDIRECTS} times")

    def _judge(self, url: URL) -> None:
        host = (url.raw_host or "").removesuffix(".")
        if url.port not in self._ports:
            raise FetchRefused(f"leads to port {url.port}; allowed are {', '.join(map(str, sorted(self._ports)))}")
        if self._domains and not any(_covers(domain, host) for domain in self._domains):
            raise FetchRefused(f"leads to {host}, which VIGIL_LINK_DOMAINS does not list")


class _Gate:
    """The check at connect time; remembers what it refused, for the error's words."""

    def __init__(self, networks: Sequence[Network], open_socket: OpenSocket) -> None:
        self.refused = ""
        self._networks = networks
        self._open_socket = open_socket

    def socket(self, info: AddrInfo) -> socket.socket:
        host = str(info[4][0])
        if not may_connect(host, self._networks):
            self.refused = host
            raise OSError(f"{host} may not be connected to")
        return self._open_socket(info)


def _plain_socket(info: AddrInfo) -> socket.socket:
    return socket.socket(family=info[0], type=info[1], proto=info[2])


async def _page(response: aiohttp.ClientResponse) -> Page:
    conditional = {"If-None-Match", "If-Modified-Since"} & set(response.request_info.headers)
    unchanged = response.status == 304 and bool(conditional)
    if response.status in {404, 410}:
        raise FetchGone(f"is gone (HTTP {response.status})")
    if response.status != 200 and not unchanged:
        raise FetchFailed(f"answered HTTP {response.status}")
    mimetype = response.content_type if "Content-Type" in response.headers else "no type"
    if not unchanged and mimetype not in TYPES:
        raise FetchRefused(f"is {mimetype[:60]}, not a document that can be read")
    return Page(
        url=str(response.url),
        status=response.status,
        content=b"" if unchanged else await body.read(response, MOST_BYTES),
        mimetype=mimetype,
        charset=response.charset or "",
        etag=_etag(response),
    )


def _etag(response: aiohttp.ClientResponse) -> str:
    """To keep and to send back; empty when it is none that could be (RFC 9110, section 5.5)."""
    value = response.headers.get("ETag", "")
    return value if value.isascii() and value.isprintable() else ""


def _covers(domain: str, host: str) -> bool:
    return host.endswith(domain[1:]) if domain.startswith("*.") else host == domain


def _shown(url: str) -> str:
    """The URL for an error or a log: without query and user name, which may be secret, and not at any length."""
    return ascii(_SECRET_PARTS.sub("", url[:LONGEST])[:120])[1:-1]
