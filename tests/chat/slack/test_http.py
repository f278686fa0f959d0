"""HTTP mode: signatures before anything else, acknowledgement after intake, and no 5xx for whatever comes in."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from tests.chat.slack.support import (
    ROOT,
    Json,
    RecordingIntake,
    as_body,
    callback,
    card_of,
    click,
    message,
    reaction,
    session_at,
    settings_for,
    signed,
)
from tests.standins.blockkit import check_blocks
from tests.standins.process import free_port
from tests.standins.slack import ANALYST, CHANNEL, CUSTOMER, LocalSlack, local_slack
from vigilbot.chat.base import CardAccepted, CommandGiven, MessageEdited, MessagePosted
from vigilbot.chat.slack.blocks import ACCEPT
from vigilbot.chat.slack.platform import SlackPlatform
from vigilbot.chat.slack.roles import Roles
from vigilbot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATH = "/slack/events"


class Side:
    """The bot in HTTP mode beside the workspace it serves, and a client that posts as Slack would, or would not."""

    def __init__(self, slack: LocalSlack, platform: SlackPlatform, intake: RecordingIntake, url: str) -> None:
        self.slack, self.platform, self.intake, self.url = slack, platform, intake, url

    async def post(self, body: str | bytes, headers: dict[str, str]) -> tuple[int, str]:
        async with aiohttp.ClientSession() as http, http.post(self.url, data=body, headers=headers) as response:
            return response.status, await response.text()

    async def tell(self, payload: Json) -> int:
        body = as_body(payload)
        return (await self.post(body, signed(body)))[0]

    async def interact(self, payload: Json) -> int:
        body = urlencode({"payload": as_body(payload)})
        headers = {**signed(body), "Content-Type": "application/x-www-form-urlencoded"}
        return (await self.post(body, headers))[0]


@asynccontextmanager
async def mounted(platform: SlackPlatform, port: int) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post(PATH, platform.handle_http)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}{PATH}"
    await runner.cleanup()


@asynccontextmanager
async def served(**settings: object) -> AsyncIterator[Side]:
    port = free_port()
    async with local_slack(request_port=port) as slack:
        platform, intake = SlackPlatform(settings_for(slack, **settings)), RecordingIntake()
        async with mounted(platform, port) as url:
            await platform.start(intake)
            yield Side(slack, platform, intake, url)
            await platform.stop()


@pytest_asyncio.fixture
async def side() -> AsyncIterator[Side]:
    async with served() as side:
        yield side


async def test_nothing_is_taken_in_before_it_is_known_who_is_an_analyst(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or an analyst's words would be a customer's for good, and be answered."""
    known, real = asyncio.Event(), Roles.refresh

    async def slow(self: Roles) -> None:
        await known.wait()
        await real(self)

    monkeypatch.setattr(Roles, "refresh", slow)
    port = free_port()
    async with local_slack(request_port=port) as slack:
        platform, intake = SlackPlatform(settings_for(slack)), RecordingIntake()
        async with mounted(platform, port) as url:
            side = Side(slack, platform, intake, url)
            starting = asyncio.create_task(platform.start(intake))
            await asyncio.sleep(0.5)
            assert await side.tell(callback(message("hello", user=ANALYST))) == 503
            known.set()
            await starting
            assert await side.tell(callback(message("hello", user=ANALYST))) == 200
            await platform.stop()


async def test_a_dialogue_through_the_workspace(side: Side) -> None:
    root = await side.slack.say(CUSTOMER, "How do I *resize* a disk?")
    await side.slack.say(ANALYST, "one moment", root)
    await side.slack.edit(CUSTOMER, root, "How do I resize a disk live?")
    posted, answered, edited = side.intake.events
    assert isinstance(posted, MessagePosted)
    assert (posted.text, posted.role, posted.place.thread) == ("How do I resize a disk?", "customer", root)
    assert isinstance(answered, MessagePosted)
    assert (answered.role, answered.place) == ("analyst", posted.place)
    assert isinstance(edited, MessageEdited)
    session = session_at(root)
    ref = await side.platform.post_card(session, card_of("Use resize2fs [1]."), "delivery-1")
    card = next(entry for entry in await side.slack.thread(root) if entry["ts"] == ref)
    check_blocks(card["blocks"])
    await side.slack.click(CUSTOMER, card, ACCEPT)
    accepted = side.intake.events[-1]
    assert isinstance(accepted, CardAccepted)
    assert (accepted.card_id, accepted.author, accepted.place) == ("card-1", CUSTOMER, posted.place)
    assert [entry["summary"] for entry in await side.slack.log() if entry["summary"].startswith("HTTP")] == [
        "HTTP 200"
    ] * 4


async def test_the_slash_command_is_answered_to_its_sender(side: Side) -> None:
    await side.slack.slash(CUSTOMER, "/vigilbot", "status")
    answer = (await side.slack.log())[-1]
    assert answer["summary"] == "HTTP 200"
    assert "Connected to Test over HTTP as vigilbot" in str(answer["detail"])


async def test_only_analysts_are_told_where_else_the_bot_is() -> None:
    """The name of a channel may be that of another customer."""
    async with served(channels=f"{CHANNEL},#acme-support") as side:
        for user, told in ((ANALYST, True), (CUSTOMER, False)):
            await side.slack.slash(user, "/vigilbot", "status")
            answer = str((await side.slack.log())[-1]["detail"])
            assert "Connected to Test" in answer
            assert ("#acme-support" in answer) is told


async def test_everything_told_twice_counts_once(side: Side) -> None:
    mention = message(f"<@{side.slack.app.user_id}> mute", ts="1700000001.000000", thread_ts=ROOT)
    for _ in range(2):
        assert await side.tell(callback(message("hello"))) == 200
        assert await side.tell(callback({**message("hello"), "type": "app_mention"}, event_id="Ev0002")) == 200
        assert await side.tell(callback(mention)) == 200
        assert await side.tell(callback(reaction("white_check_mark", ANALYST))) == 200
        assert await side.interact(click("card-1")) == 200
    kinds = [type(event) for event in side.intake.events]
    assert kinds == [MessagePosted, CommandGiven, CommandGiven, CardAccepted]
    assert side.intake.repeats == 6


async def test_a_retry_may_be_the_only_delivery(side: Side) -> None:
    body = as_body(callback(message("hello")))
    retry = {"X-Slack-Retry-Num": "2", "X-Slack-Retry-Reason": "http_timeout"}
    assert (await side.post(body, {**signed(body), **retry}))[0] == 200
    assert len(side.intake.events) == 1


async def test_what_could_not_be_stored_is_not_acknowledged(side: Side) -> None:
    side.intake.broken = OSError("disk full")
    assert await side.tell(callback(message("hello"))) == 500
    side.intake.broken = None
    assert await side.tell(callback(message("hello"))) == 200
    assert len(side.intake.events) == 1


@pytest.mark.parametrize(
    "payload",
    [
        callback({"type": "team_join", "user": {"id": "U9"}}),
        callback({"type": "message"}),
        callback({}),
        {"type": "app_rate_limited", "minute_rate_limited": 1},
        {"type": "event_callback"},
        {"type": "event_callback", "event": "x"},
        {},
    ],
)
async def test_events_without_a_meaning_are_acknowledged(side: Side, payload: Json) -> None:
    assert await side.tell(payload) == 200
    assert side.intake.events == []


@pytest.mark.parametrize(
    "payload",
    [
        click("x", action_id="unknown"),
        {"type": "view_submission", "view": {"callback_id": "x"}, "user": {"id": CUSTOMER}},
        {"type": "view_closed", "view": {"callback_id": "x"}, "user": {"id": CUSTOMER}},
        {"type": "shortcut", "callback_id": "x", "user": {"id": CUSTOMER}},
        {"type": "message_action", "callback_id": "x", "user": {"id": CUSTOMER}},
        {"type": "block_suggestion", "action_id": "x"},
    ],
)
async def test_interactions_without_a_meaning_are_acknowledged(side: Side, payload: Json) -> None:
    assert await side.interact(payload) == 200


async def test_other_slash_commands_are_answered(side: Side) -> None:
    body = urlencode({"command": "/other", "text": "payload", "user_id": CUSTOMER, "channel_id": CHANNEL})
    headers = {**signed(body), "Content-Type": "application/x-www-form-urlencoded"}
    assert (await side.post(body, headers))[0] == 200


async def test_a_huge_body_of_a_stranger_is_refused_without_a_word_in_the_log(
    side: Side, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (await side.post("x" * 2_000_000, {}))[0] == 413
    assert "task_failed" not in "".join(capsys.readouterr())


async def test_slack_verifies_the_address(side: Side) -> None:
    body = as_body({"type": "url_verification", "challenge": "abc123", "token": "x"})
    status, text = await side.post(body, signed(body))
    assert (status, json.loads(text)) == (200, {"challenge": "abc123"})


BODY = as_body(callback(message("let me in")))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(BODY, secret="another secret"),  # noqa: S106  # wrong on purpose
        signed(BODY + " "),
        signed(BODY, timestamp=str(int(time.time()) - 3_600)),
        signed(BODY, timestamp=str(int(time.time()) + 3_600)),
        signed(BODY, timestamp="soon"),
        signed(BODY, timestamp=""),
        signed(BODY, timestamp="-1"),
        signed(BODY, timestamp="1e9"),
        signed(BODY, timestamp="9" * 400),
        {**signed(BODY), "X-Slack-Signature": ""},
        {**signed(BODY), "X-Slack-Signature": "v0=é"},
        {**signed(BODY), "X-Slack-Request-Timestamp": "١٧٠٠٠٠٠٠٠٠"},
    ],
)
async def test_what_slack_did_not_sign_is_turned_away(side: Side, headers: dict[str, str]) -> None:
    assert (await side.post(BODY, headers))[0] == 401
    assert side.intake.events == []


async def test_bytes_that_are_no_text_are_turned_away(side: Side) -> None:
    assert (await side.post(b"\xff\xfe\x00", signed("x")))[0] == 401


@pytest.mark.parametrize("body", ["{not json", "[1]", "17", '{"type": "event_callback"', "payload=%7Bnot"])
async def test_signed_nonsense_is_a_bad_request(side: Side, body: str) -> None:
    assert (await side.post(body, signed(body)))[0] == 400


async def test_before_the_start_and_after_the_stop_slack_is_asked_to_come_again(side: Side) -> None:
    await side.platform.stop()
    assert await side.tell(callback(message("hello"))) == 503
    with pytest.raises(ChatError, match="not connected"):
        await side.platform.post_card(session_at(ROOT), card_of("x"), "d")


async def test_without_a_signing_secret_nobody_may_post() -> None:
    async with local_slack() as slack:
        platform = SlackPlatform(settings_for(slack))
        async with mounted(platform, free_port()) as url:
            status, _ = await Side(slack, platform, RecordingIntake(), url).post(BODY, signed(BODY))
    assert status == 404
