"""The corpora: every payload, every redirect code, answers that change. Sockets are counted, not errors."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from tests.safety.fetching.outside import INSIDE, PUBLIC, Names, connections, door, website
from vigilbot.errors import FetchError, FetchRefused
from vigilbot.safety.fetching.door import MOST_REDIRECTS, FetchDoor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SHARED = Path(__file__).parents[4] / "shared" / "data" / "security" / "ssrf"
REDIRECTS = (301, 302, 303, 307, 308)


def rows(file: str, key: str) -> list[str]:
    return [json.loads(line)[key] for line in (SHARED / file).read_text("utf-8").splitlines()]


PAYLOADS = rows("must_not_connect.jsonl", "url")
LOCATIONS = rows("redirect_locations.jsonl", "location")


def redirecting(status: int, location: str) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """`/start` leads to `location`; everything else is a page."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.path != "/start":
            return web.Response(text="a page")
        return web.Response(status=status, headers={"Location": location.encode("utf-8").decode("latin-1")})

    return handler


@pytest.mark.parametrize("inside", INSIDE)
async def test_no_payload_opens_a_socket_when_every_name_leads_inside(inside: str) -> None:
    doorway = FetchDoor(ports=range(1, 65536), resolver=Names(inside))
    with connections() as made:
        for url in PAYLOADS:
            with pytest.raises(FetchError):
                await doorway.get(url)
    assert made == []


@pytest.mark.parametrize("status", REDIRECTS)
async def test_every_hop_is_judged_again(status: int) -> None:
    """The first name is public, all later ones lead inside: no more than the first socket may be opened."""
    for location in {*LOCATIONS, *PAYLOADS}:
        if any(ord(character) < 0x20 for character in location):
            continue  # cannot stand in a header
        async with website(redirecting(status, location)) as wire:
            with contextlib.suppress(FetchError):
                await door(wire, PUBLIC, INSIDE[0], ports=range(1, 65536)).get("http://start.example/start")
            assert set(wire.led_to) == {PUBLIC}, location
            assert len(wire.led_to) == 1, location


async def test_the_same_redirects_are_followed_where_they_lead_to_a_public_host() -> None:
    """The control: the locations above are refused for where they lead, not because nothing is ever followed."""
    followed = 0
    for location in LOCATIONS:
        async with website(redirecting(302, location)) as wire:
            with contextlib.suppress(FetchError):  # those that lead to https find a server without a certificate
                await door(wire).get("http://start.example/start")
            assert set(wire.led_to) == {PUBLIC}
            followed += len(wire.led_to) == 2
    assert followed > 40


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "http://[::ffff:a9fe:a9fe]/", "//10.0.0.1"]
)
async def test_a_redirect_to_the_metadata_is_refused(status: int, target: str) -> None:
    async with website(redirecting(status, target)) as wire:
        with pytest.raises(FetchRefused, match="not a public address"):
            await door(wire).get("http://start.example/start")
    assert wire.led_to == [PUBLIC]


async def test_an_answer_that_changes_between_hops_is_judged_anew() -> None:
    for inside in INSIDE:
        async with website(redirecting(302, "http://start.example/page")) as wire:
            with pytest.raises(FetchRefused):
                await door(wire, PUBLIC, inside).get("http://start.example/start")
        assert wire.led_to == [PUBLIC]
        async with website(redirecting(302, "http://start.example/page")) as wire:
            doorway = door(wire, PUBLIC, PUBLIC, inside)
            assert (await doorway.get("http://start.example/start")).content == b"a page"
            with pytest.raises(FetchRefused):
                await doorway.get("http://start.example/start")
        assert wire.led_to == [PUBLIC, PUBLIC]


async def test_an_endless_redirect_ends() -> None:
    calls = 0

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        nonlocal calls
        calls += 1
        raise web.HTTPFound(f"/{calls}")

    async with website(handler) as wire:
        with pytest.raises(FetchRefused, match="more than 5 times"):
            await door(wire).get("http://docs.example/")
    assert calls == MOST_REDIRECTS + 1


async def test_public_pages_pass() -> None:
    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text="a page")

    async with website(handler) as wire:
        for url in (
            "http://example.com/",
            "http://docs.example.org/a?b=c#d",
            f"http://{PUBLIC}/",
            "http://bücher.example",
        ):
            assert (await door(wire).get(url)).content == b"a page"
        assert set(wire.led_to) == {PUBLIC}
