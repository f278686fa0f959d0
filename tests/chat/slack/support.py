"""What the Slack tests share: an intake that remembers, payloads as Slack sends them, cards to post."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from slack_sdk.signature import SignatureVerifier

from tests.standins.slack import ANALYST, CHANNEL, CUSTOMER, SECRET, TEAM
from vigilbot.chat.slack.api import Bot
from vigilbot.chat.slack.platform import SlackPlatform
from vigilbot.chat.wire import message_key
from vigilbot.config import Settings, load
from vigilbot.models import AnswerPart, Card, Session, Source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.standins.slack import LocalSlack
    from tests.standins.wiremock import Wiremock
    from vigilbot.chat.base import ChatEvent

Json = dict[str, Any]

BOT = Bot(user_id="U0BOT", bot_id="B0BOT", name="vigilbot", team_id=TEAM, team="Test", scopes=None)
SELF = {"ok": True, "user_id": BOT.user_id, "bot_id": BOT.bot_id, "user": "vigilbot", "team_id": "T1", "team": "Test"}
AT_HOME = {"ok": True, "user": {"team_id": BOT.team_id}}
ROOT = "1700000000.000100"
REPLY = "1700000060.000200"


class RecordingIntake:
    """Keeps what is new, counts what was told again; fails while `broken`."""

    def __init__(self) -> None:
        self.events: list[ChatEvent] = []
        self.repeats = self.refusals = 0
        self.broken: Exception | None = None
        self._keys: set[str] = set()

    async def __call__(self, event: ChatEvent) -> bool:
        if self.broken is not None:
            self.refusals += 1
            raise self.broken
        keys = {event.event_id, message_key(event) or event.event_id}
        if keys & self._keys:
            self.repeats += 1
            return False
        self._keys |= keys
        self.events.append(event)
        return True


def settings_for(slack: LocalSlack, **changes: object) -> Settings:
    given: Json = {
        "slack_bot_token": slack.app.bot_token,
        "slack_api_url": slack.api_url,
        "analysts": ANALYST,
        **({"slack_signing_secret": SECRET} if slack.app.request_url else {"slack_app_token": slack.app.app_token}),
    }
    return load(None, **{**given, **changes})


def callback(event: Json, event_id: str = "Ev0001") -> Json:
    """An Events API envelope around an event."""
    return {
        "token": "unused",
        "team_id": TEAM,
        "api_app_id": "A01SOCK",
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": 1700000000,
        "authorizations": [{"team_id": TEAM, "user_id": BOT.user_id, "is_bot": True, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event_context": "4-abc",
    }


def message(text: str, **changes: object) -> Json:
    """A person's message; `changes` adds `thread_ts`, `subtype`, `files` and the like."""
    return {
        "type": "message",
        "channel": CHANNEL,
        "channel_type": "channel",
        "user": CUSTOMER,
        "team": TEAM,
        "client_msg_id": "0f1e2d3c-0000-4000-8000-000000000000",
        "ts": ROOT,
        "event_ts": ROOT,
        "text": text,
        **changes,
    }


def changed(before: Json, after: Json) -> Json:
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": CHANNEL,
        "channel_type": "channel",
        "ts": "1700000100.000300",
        "event_ts": "1700000100.000300",
        "message": after,
        "previous_message": before,
    }


def deleted(before: Json) -> Json:
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "channel": CHANNEL,
        "channel_type": "channel",
        "ts": "1700000100.000300",
        "event_ts": "1700000100.000300",
        "deleted_ts": before["ts"],
        "previous_message": before,
    }


def reaction(name: str, user: str, *, added: bool = True, ts: str = ROOT) -> Json:
    return {
        "type": "reaction_added" if added else "reaction_removed",
        "user": user,
        "reaction": name,
        "item_user": CUSTOMER,
        "item": {"type": "message", "channel": CHANNEL, "ts": ts},
        "event_ts": "1700000200.000400",
    }


def click(card_id: str, user: str = CUSTOMER, action_id: str = "vigil_accept") -> Json:
    """A block_actions payload for a button on a card in the thread of ROOT."""
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "alice", "name": "alice", "team_id": TEAM},
        "api_app_id": "A01SOCK",
        "container": {
            "type": "message",
            "message_ts": REPLY,
            "channel_id": CHANNEL,
            "is_ephemeral": False,
            "thread_ts": ROOT,
        },
        "trigger_id": "1.2.abc",
        "team": {"id": TEAM, "domain": "test"},
        "channel": {"id": CHANNEL, "name": "support"},
        "message": {"type": "message", "user": BOT.user_id, "ts": REPLY, "thread_ts": ROOT, "text": "card"},
        "state": {"values": {}},
        "response_url": "https://hooks.slack.example/actions/1",
        "actions": [
            {
                "type": "button",
                "action_id": action_id,
                "block_id": "b1",
                "value": card_id,
                "text": {"type": "plain_text", "text": "Accept"},
                "action_ts": "1700000300.000500",
            }
        ],
    }


def signed(body: str | bytes, *, secret: str = SECRET, timestamp: str | None = None) -> dict[str, str]:
    """The headers Slack would send with this body."""
    stamp = timestamp if timestamp is not None else str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    assert signature is not None
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
        "Content-Type": "application/json",
    }


def as_body(payload: Json) -> str:
    return json.dumps(payload, ensure_ascii=False)


def session_at(thread: str, channel: str = CHANNEL) -> Session:
    return Session(f"slack-{channel}-{thread}", "slack", channel, thread, "Title", "engaged", 1_700_000_000.0)


def card_of(*texts: str, sources: tuple[Source, ...] = (), reasoner: str = "extractive") -> Card:
    """A card that answers one question a text; an empty text is a refusal."""
    parts = tuple(
        AnswerPart(f"Question {number}?", text, refused=not text) for number, text in enumerate(texts, start=1)
    )
    return Card("card-1", "slack-x", "turn-1", parts, sources, reasoner, "queued", 1_700_000_000.0)


def source(number: int, title: str = "Handbook", url: str = "https://docs.example.org/handbook") -> Source:
    return Source(number, f"e{number}", title, url, "An excerpt of the passage.")


def settings_at(wire: Wiremock, **more: str) -> Settings:
    """For a bot that takes this server for Slack."""
    tokens = {"slack_bot_token": "xoxb-test", "slack_signing_secret": SECRET}
    return load(None, slack_api_url=f"{wire.url}/api/", **tokens, **more)


@asynccontextmanager
async def connected(wire: Wiremock, intake: RecordingIntake) -> AsyncIterator[SlackPlatform]:
    """Over HTTP, with everybody of the home workspace an analyst; nothing is caught up by itself."""
    await wire.answers("/api/auth.test", {**SELF, "team_id": BOT.team_id})
    platform = SlackPlatform(settings_at(wire, analysts="home-workspace"))
    await platform.start(intake)
    platform._refreshing.cancel()
    try:
        yield platform
    finally:
        await platform.stop()
