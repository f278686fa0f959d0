"""Slack failing in every way a network service fails, and what local-slack lacks: WireMock stands in front."""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import parse_qs

import pytest

from tests.chat.slack.support import BOT, ROOT, SELF, Json, RecordingIntake, callback, card_of, message, session_at
from tests.standins.slack import CHANNEL, CUSTOMER
from tests.standins.wiremock import Wiremock, as_json
from vigilbot.chat.slack import api as slack_api
from vigilbot.chat.slack import socket
from vigilbot.chat.slack.api import SlackApi, SlackRefused
from vigilbot.chat.slack.channels import Channels
from vigilbot.chat.slack.events import Translator
from vigilbot.chat.slack.platform import SlackPlatform
from vigilbot.chat.slack.roles import Roles
from vigilbot.config import load
from vigilbot.errors import ChatError, ChatRateLimited, ChatUnsure

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def posting(platform: SlackPlatform) -> str:
    return await platform.post_card(session_at(ROOT), card_of("An answer."), "delivery-1")


async def test_a_rate_limit_carries_the_seconds(wire: Wiremock, platform: SlackPlatform) -> None:
    limited = as_json({"ok": False, "error": "ratelimited"}) | {"status": 429, "headers": {"Retry-After": "7"}}
    await wire.stub("/api/chat.postMessage", limited, times=1)
    await wire.answers("/api/chat.postMessage", {"ok": True, "ts": "1.2"})
    with pytest.raises(ChatRateLimited) as limit:
        await posting(platform)
    assert limit.value.retry_after == 7
    assert await posting(platform) == "1.2"


@pytest.mark.parametrize("retry_after", ["soon", None, "-5"])
async def test_an_odd_rate_limit_still_waits(wire: Wiremock, api: SlackApi, retry_after: str | None) -> None:
    headers = {"Retry-After": retry_after} if retry_after else {}
    await wire.stub("/api/x", {"status": 429, "headers": headers, "body": "slow down"})
    with pytest.raises(ChatRateLimited) as limit:
        await api.call("x")
    assert 0 <= limit.value.retry_after <= 60


@pytest.mark.parametrize(
    "response",
    [
        {"status": 503, "body": "upstream"},
        {"status": 500, "jsonBody": {"weird": True}},
        {"status": 200, "body": '{"ok": tr', "headers": {"Content-Type": "application/json"}},
        {"status": 200, "body": "<html>", "headers": {"Content-Type": "text/html"}},
        {"status": 200, "body": "ok", "headers": {"Content-Type": "text/plain"}},
        {"status": 200, "body": "[]", "headers": {"Content-Type": "application/json"}},
        {"status": 200, "body": "", "headers": {"Content-Type": "application/json"}},
        {"fault": "CONNECTION_RESET_BY_PEER"},
        {"fault": "EMPTY_RESPONSE"},
        {"fault": "MALFORMED_RESPONSE_CHUNK"},
        {"fault": "RANDOM_DATA_THEN_CLOSE"},
    ],
    ids=lambda response: str(response.get("fault") or response.get("status")),
)
async def test_a_failing_slack_is_one_clear_line(wire: Wiremock, platform: SlackPlatform, response: Json) -> None:
    await wire.stub("/api/chat.postMessage", response)
    with pytest.raises(ChatError, match="Slack") as failure:
        await posting(platform)
    assert not isinstance(failure.value, (ChatRateLimited, SlackRefused))
    assert "\n" not in str(failure.value)
    assert "xoxb" not in str(failure.value)
    assert len(await wire.requests("chat.postMessage")) == 1, "a post is never repeated by the client itself"


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "service_unavailable"])
async def test_slacks_own_trouble_is_no_refusal(wire: Wiremock, platform: SlackPlatform, code: str) -> None:
    """Refused cards are given up after a minute; an outage of Slack's lasts longer."""
    await wire.answers("/api/chat.postMessage", {"ok": False, "error": code})
    with pytest.raises(ChatUnsure, match=code):
        await posting(platform)


async def test_a_slow_slack_is_given_up(wire: Wiremock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_api, "CALL_SECONDS", 0.3)
    await wire.answers("/api/x", {"ok": True}, fixedDelayMilliseconds=3_000)
    impatient = SlackApi("xoxb-test", f"{wire.url}/api/")
    began = time.monotonic()
    with pytest.raises(ChatError, match="did not answer x"):
        await impatient.call("x")
    assert time.monotonic() - began < 2
    await impatient.close()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"error": "invalid_auth"}, "SLACK_BOT_TOKEN"),
        ({"error": "missing_scope", "needed": "chat:write"}, "needs chat:write"),
        ({"error": "not_in_channel"}, "/invite"),
        ({"error": "invalid_blocks", "response_metadata": {"messages": ["[ERROR] too long"]}}, "too long"),
        ({"error": "something_new"}, "something_new"),
    ],
)
async def test_refusals_name_the_fix(wire: Wiremock, platform: SlackPlatform, answer: Json, says: str) -> None:
    await wire.answers("/api/chat.postMessage", {"ok": False, **answer})
    with pytest.raises(SlackRefused, match=says):
        await posting(platform)


async def test_tokens_that_are_refused_are_named(wire: Wiremock) -> None:
    settings = load(None, slack_bot_token="xoxb-x", slack_app_token="xapp-x", slack_api_url=f"{wire.url}/api/")  # noqa: S106  # made up
    await wire.answers("/api/auth.test", {"ok": False, "error": "invalid_auth"})
    with pytest.raises(ChatError, match="SLACK_BOT_TOKEN is not valid"):
        await SlackPlatform(settings).start(RecordingIntake())
    await wire.answers("/api/auth.test", SELF)
    await wire.answers("/api/apps.connections.open", {"ok": False, "error": "invalid_auth"})
    with pytest.raises(ChatError, match="SLACK_APP_TOKEN was refused"):
        await SlackPlatform(settings).start(RecordingIntake())


async def test_a_socket_that_never_opens_is_given_up(wire: Wiremock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "CONNECT_SECONDS", 0.5)
    settings = load(None, slack_bot_token="xoxb-x", slack_app_token="xapp-x", slack_api_url=f"{wire.url}/api/")  # noqa: S106  # made up
    await wire.answers("/api/auth.test", SELF)
    await wire.answers("/api/apps.connections.open", {"ok": True, "url": "ws://127.0.0.1:9/socket"})
    before = asyncio.all_tasks()
    with pytest.raises(ChatError, match="did not connect within"):
        await SlackPlatform(settings).start(RecordingIntake())
    assert asyncio.all_tasks() - before == set()


async def test_a_card_is_found_by_its_metadata(wire: Wiremock, platform: SlackPlatform) -> None:
    metadata = {"event_type": "vigilbot_card", "event_payload": {"delivery_id": "delivery-9"}}
    first = {"ok": True, "messages": [{"ts": ROOT}], "response_metadata": {"next_cursor": "more"}}
    second = {"ok": True, "messages": [{"ts": "9.9", "metadata": metadata}], "response_metadata": {"next_cursor": ""}}
    await wire.stub("/api/conversations.replies", as_json(first), times=1)
    await wire.answers("/api/conversations.replies", second)
    assert await platform.find_posted(session_at(ROOT), "delivery-9", float(ROOT)) == "9.9"
    asked = [parse_qs(request["body"]) for request in await wire.requests("conversations.replies")]
    assert asked[0]["include_all_metadata"] == ["true"]
    assert asked[1]["cursor"] == ["more"]


async def test_a_posted_card_carries_its_delivery_id_and_unfurls_nothing(
    wire: Wiremock, platform: SlackPlatform
) -> None:
    await wire.answers("/api/chat.postMessage", {"ok": True, "ts": "1.2"})
    await posting(platform)
    sent = {name: value[0] for name, value in parse_qs((await wire.requests("chat.postMessage"))[0]["body"]).items()}
    assert json.loads(sent["metadata"])["event_payload"]["delivery_id"] == "delivery-1"
    assert (sent["unfurl_links"], sent["unfurl_media"]) == ("false", "false")
    assert (sent["channel"], sent["thread_ts"]) == (CHANNEL, ROOT)


async def test_a_notice_nobody_can_see_alone_is_said_to_all(wire: Wiremock, platform: SlackPlatform) -> None:
    await wire.answers("/api/chat.postEphemeral", {"ok": False, "error": "user_not_in_channel"})
    await wire.answers("/api/chat.postMessage", {"ok": True, "ts": "1.2"})
    await platform.post_notice(session_at(ROOT), "Muted.", CUSTOMER, "d-1")
    assert len(await wire.requests("chat.postMessage")) == 1


async def test_a_channel_that_cannot_be_looked_up_just_now_is_asked_for_again(wire: Wiremock, api: SlackApi) -> None:
    await wire.stub("/api/conversations.info", {"status": 503}, times=1)
    await wire.answers("/api/conversations.info", {"ok": True, "channel": {"id": CHANNEL, "name": "support"}})
    translator = Translator(BOT, Roles(api, BOT, []), Channels(api, ["#support"]))
    with pytest.raises(ChatError):
        await translator.event(callback(message("hello")))
    assert await translator.event(callback(message("hello"))) is not None
    assert await translator.event(callback(message("again"))) is not None
    assert len(await wire.requests("conversations.info")) == 2


async def test_a_renamed_channel_is_looked_up_anew(wire: Wiremock, api: SlackApi) -> None:
    channels = Channels(api, ["support"])
    await wire.answers("/api/conversations.info", {"ok": True, "channel": {"name": "old-name"}})
    assert not await channels.watched(CHANNEL)
    await wire.answers("/api/conversations.info", {"ok": True, "channel": {"name": "support"}})
    assert not await channels.watched(CHANNEL)
    channels.forget(CHANNEL)
    assert await channels.watched(CHANNEL)


async def test_a_channel_we_may_not_ask_about_is_not_watched(wire: Wiremock, api: SlackApi) -> None:
    await wire.answers("/api/conversations.info", {"ok": False, "error": "missing_scope", "needed": "channels:read"})
    assert not await Channels(api, ["support"]).watched(CHANNEL)


async def test_a_picture_larger_than_the_limit_is_not_read(
    wire: Wiremock, api: SlackApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_api, "IMAGE_BYTES", 1_000)
    await wire.stub("/files/x.png", {"status": 200, "body": "x" * 5_000, "headers": {"Content-Type": "image/png"}})
    with pytest.raises(ChatError, match="larger than"):
        await api.download(f"{wire.url}/files/x.png")


async def test_a_picture_is_not_followed_elsewhere(wire: Wiremock, api: SlackApi) -> None:
    await wire.stub("/files/x.png", {"status": 302, "headers": {"Location": "http://evil.example/x.png"}})
    with pytest.raises(ChatError, match="did not hand out the picture"):
        await api.download(f"{wire.url}/files/x.png")
