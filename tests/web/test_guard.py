"""Nobody but the console's own page, or a holder of the token, may use the console."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.web.conftest import running_console
from vigilbot.config import load
from vigilbot.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.conftest import Console

TOKEN = "a-long-token-of-the-test"  # noqa: S105 - made up here


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8008", "127.0.0.1.evil.example", "169.254.1.1", "[", ""]
)
@pytest.mark.parametrize("path", ["/", "/api/sessions", "/static/js/main.js"])
async def test_a_rebound_host_name_reaches_nothing(console: Console, host: str, path: str) -> None:
    status, body = await console.call("GET", path, headers={"Host": host})
    assert (status, "host name" in body["error"]) == (403, True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8008", "[::1]:8008", "LOCALHOST"])
async def test_loopback_names_are_welcome(console: Console, host: str) -> None:
    assert (await console.call("GET", "/api/sessions", headers={"Host": host}))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://["},
        {"Origin": "http:///"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_write_from_another_page_is_refused(console: Console, headers: dict[str, str]) -> None:
    for method, path in (
        ("POST", "/api/sessions"),
        ("POST", "/api/sessions/x/close"),
        ("DELETE", "/api/sessions/x/messages/y"),
    ):
        status, body = await console.call(method, path, headers=headers)
        assert (status, body) == (403, {"error": "writes are accepted from the console's own page only"})
    assert (await console.call("GET", "/api/sessions"))[1] == {"sessions": []}


async def test_a_write_from_our_page_is_accepted(console: Console) -> None:
    headers = {"Origin": console.url, "Sec-Fetch-Site": "same-origin"}
    assert (await console.call("POST", "/api/sessions", {"title": "x"}, headers=headers))[0] == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_only_json_is_read(console: Console, kind: str) -> None:
    status, body = await console.call("POST", "/api/sessions", data=b'{"title": "x"}', headers={"Content-Type": kind})
    assert (status, body) == (415, {"error": "send the body as application/json"})


async def test_every_answer_is_tied_down(console: Console) -> None:
    session = await console.open()
    for path in ("/", "/static/js/main.js", "/api/sessions", "/api/none", f"/api/sessions/{session}/events"):
        async with console.http.get(console.url + path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "Access-Control-Allow-Origin" not in response.headers


async def test_the_page_fetches_nothing_from_elsewhere(console: Console) -> None:
    async with console.http.get(console.url + "/") as response:
        page = await response.text()
    assert "<script>" not in page
    assert "style=" not in page
    assert "http:" not in page
    assert "https:" not in page


async def test_static_files_end_at_their_folder(console: Console) -> None:
    for path in ("/static/../guard.py", "/static/%2e%2e/guard.py", "/static/js/..%2f..%2f..%2fguard.py", "/static/"):
        async with console.http.get(console.url + path) as response:
            assert response.status in {403, 404}


HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
"""What browsers ask for when a person opens an address."""


@pytest.mark.parametrize("path", ["/nothing", "/knowledge/", "/<script>alert(1)</script>"])
async def test_an_unknown_address_is_a_page_for_people_and_a_line_for_programs(console: Console, path: str) -> None:
    async with console.http.get(console.url + path, headers=HTML) as response:
        page = await response.text()
        assert (response.status, response.content_type) == (404, "text/html")
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "There is no such page" in page
    assert '<a href="/">' in page
    assert "<script" not in page
    assert await console.call("GET", path) == (404, {"error": f"vigilbot serves nothing at {path}"})


async def test_whatever_cannot_be_shown_is_a_page_that_says_why(console: Console) -> None:
    async with console.http.get(console.url + "/", headers=HTML | {"Host": "evil.example"}) as response:
        assert (response.status, response.content_type) == (403, "text/html")
        assert "answers only to 127.0.0.1 or localhost" in await response.text()


async def test_the_api_answers_in_json_whoever_asks(console: Console) -> None:
    assert (await console.call("GET", "/api/x", headers=HTML))[0] == 404


async def test_with_a_token_everything_asks_for_it(tmp_path: Path) -> None:
    async with running_console(tmp_path, host="0.0.0.0", console_token=TOKEN) as console:  # noqa: S104 - what is tested
        for path in ("/api/sessions", "/api/status", "/api/events", "/api/images/x", "/api/knowledge?query=x"):
            assert (await console.call("GET", path))[0] == 401
            assert (await console.call("GET", path, headers={"Authorization": "Bearer wrong"}))[0] == 401
            assert (await console.call("GET", path, headers={"Cookie": "vigilbot_console=" + TOKEN}))[0] == 401
        assert (await console.call("POST", "/api/sessions", {"title": "x"}))[0] == 401
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert (await console.call("GET", "/api/sessions", headers=bearer))[0] == 200
        assert (await console.call("POST", "/api/sessions", {"title": "x"}, headers=bearer))[0] == 201
        assert (await console.call("GET", "/livez"))[0] == 200


@pytest.mark.parametrize("header", [b"Authorization: Bearer \xff\xfe", b"Cookie: vigilbot_console=\xff\xfe"])
async def test_bytes_that_are_no_text_are_no_token(tmp_path: Path, header: bytes) -> None:
    async with running_console(tmp_path, console_token=TOKEN) as console:
        address = urlsplit(console.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(b"GET /api/sessions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + b"\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 401 ")
        writer.close()


async def test_signing_in_sets_a_cookie_that_is_not_the_token(tmp_path: Path) -> None:
    async with running_console(tmp_path, host="0.0.0.0", console_token=TOKEN) as console:  # noqa: S104 - what is tested
        async with console.http.get(console.url + "/") as page:
            assert page.status == 401
            assert "Console token" in await page.text()
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an IP address
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.post(console.url + "/api/login", json={"token": "wrong"}) as response:
                assert response.status == 403
            async with browser.post(console.url + "/api/login", json={"token": TOKEN}) as response:
                assert response.status == 200
                cookie = response.headers["Set-Cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
            assert TOKEN not in cookie
            async with browser.get(console.url + "/api/sessions") as response:
                assert response.status == 200
            async with browser.get(console.url + "/") as response:
                assert "composer" in await response.text()
            foreign = {"Origin": "https://evil.example"}
            async with browser.post(console.url + "/api/sessions", json={"title": "x"}, headers=foreign) as response:
                assert response.status == 403


async def test_no_token_appears_anywhere_a_client_can_read(tmp_path: Path) -> None:
    async with running_console(tmp_path, console_token=TOKEN) as console:
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        for path in ("/", "/api/status", "/api/sessions", "/api/none"):
            async with console.http.get(console.url + path, headers=bearer) as response:
                assert TOKEN not in await response.text()
                assert TOKEN not in str(response.headers)


def test_a_public_address_without_token_does_not_start() -> None:
    with pytest.raises(ConfigError, match="VIGIL_CONSOLE_TOKEN"):
        load(None, host="0.0.0.0")  # noqa: S104 - what is tested


async def test_probes_answer_to_any_host_name(console: Console) -> None:
    port = urlsplit(console.url).port
    assert (await console.call("GET", "/livez", headers={"Host": f"cluster.internal:{port}"}))[0] == 200
