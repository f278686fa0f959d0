"""The whole bot in a Slack workspace, over Socket Mode and over signed HTTP, every event delivered twice."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp

from tests.chat.slack.support import settings_for, signed
from tests.standins.blockkit import check_blocks
from tests.standins.process import free_port
from tests.standins.slack import ANALYST, CHANNEL, CUSTOMER, Json, LocalSlack, local_slack
from vigilbot.app import App, assembled, serving
from vigilbot.chat.slack.blocks import ACCEPT
from vigilbot.chat.slack.platform import SlackPlatform
from vigilbot.storage import cards, lessons, outbox, sessions, turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PATIENCE_SECONDS = 20.0


@asynccontextmanager
async def in_socket_mode(folder: Path) -> AsyncIterator[tuple[LocalSlack, App]]:
    """A second connection of the same app: Slack's stand-in gives each of them every event."""
    async with local_slack() as slack:
        settings = settings_for(slack, data_dir=folder, port=free_port(), quiet_window=0.3, annotate_share=0)
        async with assembled(settings) as app, serving(app):
            echo = SlackPlatform(settings)
            await echo.start(app.intake.receive)
            yield slack, app
            await echo.stop()


@asynccontextmanager
async def in_http_mode(folder: Path) -> AsyncIterator[tuple[LocalSlack, App]]:
    port = free_port()
    async with local_slack(request_port=port) as slack:
        settings = settings_for(slack, data_dir=folder, port=port, quiet_window=0.3, annotate_share=0)
        async with assembled(settings) as app, serving(app):
            yield slack, app


async def ended(app: App, root: str, count: int) -> list[str]:
    """The outcomes of the session's turns once so many have ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        outcomes = [turn.outcome for turn in await turns.of_session(app.db, f"slack-{CHANNEL}-{root}")]
        if len(outcomes) == count and all(outcomes):
            await app.activity.quiet()
            return [str(outcome) for outcome in outcomes]
        await asyncio.sleep(0.05)
    raise AssertionError(f"after {PATIENCE_SECONDS} s: {outcomes}")


async def cards_in(slack: LocalSlack, root: str) -> list[Json]:
    return [message for message in await slack.thread(root) if message.get("blocks")]


async def hold_the_dialogue(slack: LocalSlack, app: App) -> str:
    """The scripted dialogue; returns the thread."""
    root = await slack.say(CUSTOMER, "Hi, we want to try vigilbot. Can somebody help?")
    await slack.say(CUSTOMER, "How do I change the port of the console?", root)
    assert await ended(app, root, 0) == []
    await slack.say(ANALYST, "Hello, let me look", root)
    await slack.say(CUSTOMER, "How do I change the port of the console?", root)
    assert await ended(app, root, 1) == ["answered"]
    [card] = await cards_in(slack, root)
    check_blocks(card["blocks"])
    assert card["text"]
    assert "VIGIL_PORT" in json.dumps(card["blocks"])

    await slack.say(CUSTOMER, "which setting changes the console's port?", root)
    await ended(app, root, 2)
    await slack.say(CUSTOMER, "thanks, that helps!", root)
    await ended(app, root, 3)
    await slack.say(CUSTOMER, "What will the weather be like in Paris tomorrow?", root)
    assert await ended(app, root, 4) == ["answered", "duplicate", "no_assistance", "out_of_scope"]
    assert len(await cards_in(slack, root)) == 1

    await slack.click(CUSTOMER, card, ACCEPT)
    await slack.click(ANALYST, card, ACCEPT)
    await accepted(app, root)
    await slack.react(ANALYST, root, "white_check_mark")
    await asyncio.sleep(0.2)
    await app.activity.quiet()
    return root


async def accepted(app: App, root: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        [card] = await cards.of_session(app.db, f"slack-{CHANNEL}-{root}")
        if card.state == "accepted":
            assert card.accepted_by == CUSTOMER
            await asyncio.sleep(1.2)  # the update keeps Slack's pace of one call a second and channel
            await app.activity.quiet()
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the card was never accepted")


async def check_the_end(slack: LocalSlack, app: App, root: str) -> None:
    [shown] = await cards_in(slack, root)
    check_blocks(shown["blocks"])
    assert f'"user_id": "{CUSTOMER}"' in json.dumps(shown["blocks"])
    assert ACCEPT not in json.dumps(shown["blocks"])
    session = await sessions.get(app.db, f"slack-{CHANNEL}-{root}")
    assert session.state == "closed"
    assert len(await cards.of_session(app.db, session.id)) == 1
    assert await outbox.undelivered(app.db) == []


async def test_the_dialogue_in_socket_mode_with_every_event_twice(folder: Path) -> None:
    async with in_socket_mode(folder) as (slack, app):
        root = await hold_the_dialogue(slack, app)
        await check_the_end(slack, app, root)


async def test_the_dialogue_over_http_and_then_every_event_again(folder: Path) -> None:
    async with in_http_mode(folder) as (slack, app):
        root = await hold_the_dialogue(slack, app)
        before = await turns.of_session(app.db, f"slack-{CHANNEL}-{root}")
        for payload in await delivered(slack):
            assert await redeliver(app, payload) == 200
        await app.activity.quiet()
        assert await turns.of_session(app.db, f"slack-{CHANNEL}-{root}") == before
        await check_the_end(slack, app, root)


async def delivered(slack: LocalSlack) -> list[Json]:
    """Every event envelope that went to the app."""
    posted = [str(entry["detail"]) for entry in await slack.log() if entry["direction"] == "to_bot"]
    envelopes = [json.loads(body) for body in posted if '"type":"event_callback"' in body]
    assert len(envelopes) >= 7
    return envelopes


async def redeliver(app: App, payload: Json) -> int:
    body = json.dumps(payload)
    url = f"http://127.0.0.1:{app.settings.port}/slack/events"
    headers = {**signed(body), "X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=headers) as response:
        return response.status


async def test_the_process_says_it_is_ready_and_serves_no_console_beside_slack(folder: Path) -> None:
    async with in_http_mode(folder) as (_, app), aiohttp.ClientSession() as http:
        base = f"http://127.0.0.1:{app.settings.port}"
        for path, status in (("/livez", 200), ("/", 404), ("/api/sessions", 404)):
            async with http.get(base + path) as response:
                assert response.status == status


async def test_what_an_analyst_answered_in_one_thread_answers_in_the_next_and_links_to_it(folder: Path) -> None:
    async with in_socket_mode(folder) as (slack, app):
        first = await slack.say(CUSTOMER, "Can I use vigilbot with Mattermost?")
        await slack.say(ANALYST, "Let me look.", first)
        await slack.say(ANALYST, "vigilbot does not connect to Mattermost: it works in Slack and its console.", first)
        await slack.react(ANALYST, first, "white_check_mark")
        await learnt(app, first)
        second = await slack.say(CUSTOMER, "Hi, a question about vigilbot.")
        await slack.say(ANALYST, "Hello!", second)
        await slack.say(CUSTOMER, "Can I use vigilbot with Mattermost as well?", second)
        assert await ended(app, second, 1) == ["answered"]
        [card] = await cards_in(slack, second)
        check_blocks(card["blocks"])
        assert "does not connect to Mattermost" in json.dumps(card["blocks"])
        assert first.replace(".", "") in json.dumps(card["blocks"])


async def learnt(app: App, root: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if [lesson.result for lesson in await lessons.of_session(app.db, f"slack-{CHANNEL}-{root}")] == ["learnt"]:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nothing was learnt")
