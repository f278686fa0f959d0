from __future__ import annotations

import asyncio
import gzip
import time
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from tests.safety.fetching.outside import PUBLIC, Names, Wire, connections, door, website
from vigilbot.errors import FetchError, FetchFailed, FetchGone, FetchRefused
from vigilbot.safety.fetching.door import MOST_BYTES, FetchDoor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

URL = "http://docs.example/guide?page=1#top"


def answering(**response: object) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(**response)  # type: ignore[arg-type]  # whatever the test gives is what aiohttp takes

    return handler


async def test_a_page_comes_with_all_that_is_needed_to_ask_again() -> None:
    seen: list[web.BaseRequest] = []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request)
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304)
        headers = {"ETag": '"v1"', "Set-Cookie": "a=b"}
        return web.Response(text="<p>Grüße</p>", content_type="text/html", charset="latin-1", headers=headers)

    async with website(handler) as wire:
        doorway = door(wire)
        page = await doorway.get(URL)
        again = await doorway.get(URL, etag=page.etag)
    assert page.content.decode(page.charset) == "<p>Grüße</p>"
    assert (page.url, page.status, page.mimetype) == ("http://docs.example/guide?page=1", 200, "text/html")
    assert (again.not_modified, again.content) == (True, b"")
    assert wire.led_to == [PUBLIC, PUBLIC]
    assert seen[0].headers["Host"] == "docs.example"
    assert not {"Cookie", "Referer", "Authorization", "Proxy-Authorization"} & set(seen[1].headers)


async def test_neither_environment_nor_netrc_leads_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w", encoding="utf-8") as file:  # noqa: ASYNC230, PTH123  # two lines for one test
        file.write("machine docs.example login a password b\n")
    monkeypatch.setenv("NETRC", netrc)
    monkeypatch.setenv("HTTP_PROXY", "http://10.0.0.1:3128")
    seen: list[dict[str, str]] = []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(dict(request.headers))
        return web.Response(text="ok")

    async with website(handler) as wire:
        await door(wire).get(URL)
    assert wire.led_to == [PUBLIC]
    assert "Authorization" not in seen[0]


@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_gone_is_told_apart(status: int) -> None:
    async with website(answering(status=status)) as wire:
        with pytest.raises(FetchGone, match=r"http://docs.example/guide: is gone"):
            await door(wire).get(URL)


@pytest.mark.parametrize("status", [204, 206, 304, 401, 403, 418, 429, 500, 503])
async def test_no_other_answer_is_a_page(status: int) -> None:
    async with website(answering(status=status)) as wire:
        with pytest.raises(FetchFailed):
            await door(wire).get(URL)


@pytest.mark.parametrize("kind", ["application/octet-stream", "image/png", "application/json", "text/xml", "font/woff"])
async def test_only_documents_are_read(kind: str) -> None:
    async with website(answering(body=b"x", content_type=kind)) as wire:
        with pytest.raises(FetchRefused, match="not a document"):
            await door(wire).get(URL)


async def test_a_large_page_is_refused_whether_its_size_is_announced_or_not() -> None:
    sent = 0

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        if request.path == "/announced":
            response.content_length = 50 * 2**20
        await response.prepare(request)
        for _ in range(50):
            await response.write(b"x" * 2**20)
            sent += 2**20
        return response

    async with website(handler) as wire:
        for path in ("announced", "silent"):
            with pytest.raises(FetchRefused, match="larger than 10 MB"):
                await door(wire).get(f"http://docs.example/{path}")
    assert sent < 2 * MOST_BYTES + 8 * 2**20


async def test_a_packed_page_is_unpacked_and_a_bomb_is_not() -> None:
    packed = {
        "/page": gzip.compress(b"word " * 1000),
        "/members": gzip.compress(b"one ") + gzip.compress(b"two"),
        "/bomb": gzip.compress(bytes(50 * 2**20), 9),
        "/cut": gzip.compress(b"word " * 1000)[:-9],
        "/garbage": b"no gzip at all",
    }

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=packed[request.path], headers={"Content-Encoding": "gzip"}, content_type="text/html")

    async with website(handler) as wire:
        doorway = door(wire)
        assert (await doorway.get("http://docs.example/page")).content == b"word " * 1000
        assert (await doorway.get("http://docs.example/members")).content == b"one two"
        started = time.perf_counter()
        with pytest.raises(FetchRefused, match="larger"):
            await doorway.get("http://docs.example/bomb")
        assert time.perf_counter() - started < 1
        for path in ("cut", "garbage"):
            with pytest.raises(FetchFailed, match="gzip"):
                await doorway.get(f"http://docs.example/{path}")


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "compress"])
async def test_packings_that_were_not_asked_for_are_refused(encoding: str) -> None:
    async with website(answering(body=b"x", headers={"Content-Encoding": encoding}, content_type="text/html")) as wire:
        with pytest.raises(FetchRefused, match="packed"):
            await door(wire).get(URL)


@pytest.mark.parametrize(
    "drip",
    [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n", b""],
)
async def test_a_slow_server_does_not_hold_the_door_open(drip: bytes) -> None:
    async def server(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(drip)
        for _step in range(50):
            writer.write(b"x" if drip else b"")
            await asyncio.sleep(0.05)
        writer.close()

    async with raw(server) as wire:
        started = time.perf_counter()
        with pytest.raises(FetchFailed, match=r"within 0\.3 s"):
            await door(wire, seconds=0.3).get(URL)
        assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\xfe" * 50,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\nshort",
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\n\r\n",
        b"HTTP/1.1 302 Found\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"",
    ],
)
async def test_garbage_is_a_typed_failure(garbage: bytes) -> None:
    async def server(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(garbage)
        writer.close()

    async with raw(server) as wire:
        with pytest.raises(FetchError):
            await door(wire, seconds=2).get(URL)


@pytest.mark.parametrize("etag", [b'"\xff\xfe"', b'"a\tb"', "„v1“".encode()])
async def test_what_no_header_may_hold_is_not_kept(etag: bytes) -> None:
    """Stored and sent again, it would break the database's text, or the next request."""

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nETag: " + etag
        writer.write(head + b"\r\n\r\nhi")
        writer.close()

    async with raw(server) as wire:
        page = await door(wire, seconds=2).get(URL)
    assert (page.content, page.etag) == (b"hi", "")


async def test_only_the_named_hosts_are_opened_at_every_hop() -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/away":
            raise web.HTTPFound("http://elsewhere.example/")
        return web.Response(text="ok")

    async with website(handler) as wire:
        doorway = door(wire, domains=["docs.example", "*.Wiki.example"])
        for url in (
            "http://docs.example/",
            "http://DOCS.example./",
            "http://a.wiki.example/",
            "http://a.b.wiki.example/",
        ):
            assert (await doorway.get(url)).content == b"ok"
        calls = len(wire.led_to)
        for url in ("http://wiki.example/", "http://notdocs.example/", "http://docs.example.evil.example/"):
            with pytest.raises(FetchRefused, match="VIGIL_LINK_DOMAINS"):
                await doorway.get(url)
        assert len(wire.led_to) == calls
        with pytest.raises(FetchRefused, match="elsewhere"):
            await doorway.get("http://docs.example/away")


async def test_internal_pages_are_read_where_an_admin_allows_their_network() -> None:
    async with website(answering(text="ok")) as wire:
        with pytest.raises(FetchRefused, match=r"10\.1\.2\.3, which is not a public address"):
            await door(wire, "10.1.2.3").get(URL)
        assert (await door(wire, "10.1.2.3", networks=[ip_network("10.0.0.0/8")]).get(URL)).content == b"ok"
        with pytest.raises(FetchRefused):
            await door(wire, "192.168.1.1", networks=[ip_network("10.0.0.0/8")]).get(URL)


async def test_a_real_socket_is_opened_to_a_network_that_is_named() -> None:
    async with website(answering(text="ok")) as wire:
        doorway = FetchDoor(networks=[ip_network("127.0.0.0/8")], ports=[wire.port], resolver=Names("127.0.0.1"))
        with connections() as made:
            assert (await doorway.get(f"http://docs.example:{wire.port}/")).content == b"ok"
    assert made == [("127.0.0.1", wire.port)]


async def test_only_the_usual_ports_are_tried() -> None:
    async with website(answering(text="ok")) as wire:
        for port in (22, 25, 2379, 6379, 8000):
            with pytest.raises(FetchRefused, match=f"port {port}; allowed are 80, 443"):
                await door(wire).get(f"http://docs.example:{port}/")
    assert not wire.led_to


async def test_an_error_repeats_no_secret_of_the_url() -> None:
    for url in ("http://me:hunter2@docs.example/", "http://docs.example:22/?token=hunter2", "x#hunter2"):
        with pytest.raises(FetchRefused) as error:
            await door(Wire(9)).get(url)
        assert "hunter2" not in str(error.value)


async def test_the_loop_is_free_while_the_door_waits() -> None:
    async def slow(_: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        return web.Response(text="ok")

    async with website(slow) as wire:
        doorway = door(wire)
        started = time.perf_counter()
        await asyncio.gather(*(doorway.get(URL) for _ in range(20)))
        assert time.perf_counter() - started < 2


def raw(server: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> _Raw:
    return _Raw(server)


class _Raw:
    """A server that speaks no HTTP of its own."""

    def __init__(self, server: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
        self._server = server

    async def __aenter__(self) -> Wire:
        self._running = await asyncio.start_server(self._server, "127.0.0.1", 0)
        return Wire(int(self._running.sockets[0].getsockname()[1]))

    async def __aexit__(self, *_: object) -> None:
        self._running.close()
