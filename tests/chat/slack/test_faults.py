"""Slack failing in every way a network service fails, and what local-slack lacks: WireMock stands in front."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
import pytest_asyncio

from tests.chat.slack.support import BOT, ROOT, Json, RecordingIntake, callback, card_of, message, session_at
from tests.standins.slack import ANALYST, CHANNEL, CUSTOMER, SECRET
from tests.standins.wiremock import Wiremock, as_json, wiremock
from vigilbot.chat.base import MessagePosted
from vigilbot.chat.slack import api as slack_api
from vigilbot.chat.slack import catch_up as catching_up
from vigilbot.chat.slack import roles as slack_roles
from vigilbot.chat.slack import socket
from vigilbot.chat.slack.api import SlackApi, SlackRefused
from vigilbot.chat.slack.channels import Channels
from vigilbot.chat.slack.events import Translator
from vigilbot.chat.slack.platform import SlackPlatform
from vigilbot.chat.slack.roles import Roles
from vigilbot.config import load
from vigilbot.errors import ChatError, ChatRateLimited, ChatUnsure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.asyncio(loop_scope="module")

SELF = {"ok": True, "user_id": BOT.user_id, "bot_id": BOT.bot_id, "user": "vigilbot", "team_id": "T1", "team": "Test"}


AT_HOME = {"ok": True, "user": {"team_id": BOT.team_id}}


@asynccontextmanager
async def connected(wire: Wiremock, intake: RecordingIntake) -> AsyncIterator[SlackPlatform]:
    """Over HTTP, with everybody of the home workspace an analyst; nothing is caught up by itself."""
    await wire.answers("/api/auth.test", {**SELF, "team_id": BOT.team_id})
    settings = load(
        None,
        slack_bot_token="xoxb-test",  # noqa: S106  # made up
        slack_signing_secret=SECRET,
        slack_api_url=f"{wire.url}/api/",
        analysts="home-workspace",
    )
    platform = SlackPlatform(settings)
    await platform.start(intake)
    platform._refreshing.cancel()
    try:
        yield platform
    finally:
        await platform.stop()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the stand-in may take longer to answer than Slack waits for us."""
    monkeypatch.setattr(slack_roles, "PATIENCE_SECONDS", 60.0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Wiremock]:
    async with wiremock() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def wire(server: Wiremock) -> Wiremock:
    await server.reset()
    return server


@pytest_asyncio.fixture(loop_scope="module")
async def api(wire: Wiremock) -> AsyncIterator[SlackApi]:
    connected = SlackApi("xoxb-test", f"{wire.url}/api/")
    yield connected
    await connected.close()


@pytest_asyncio.fixture(loop_scope="module")
async def platform(wire: Wiremock) -> AsyncIterator[SlackPlatform]:
    await wire.answers("/api/auth.test", SELF)
    connected = SlackPlatform(
        load(None, slack_bot_token="xoxb-test", slack_signing_secret=SECRET, slack_api_url=f"{wire.url}/api/")  # noqa: S106  # made up
    )
    await connected.start(RecordingIntake())
    yield connected
    await connected.stop()


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


async def test_groups_by_id_and_handle_make_analysts(wire: Wiremock, api: SlackApi) -> None:
    groups = [{"id": "S01", "handle": "support"}, {"id": "S02", "handle": "sales"}]
    await wire.answers("/api/usergroups.list", {"ok": True, "usergroups": groups})
    await wire.answers("/api/usergroups.users.list", {"ok": True, "users": [ANALYST, "U09"]})
    roles = Roles(api, BOT, ["@Support", "S02", "U07"])
    await roles.refresh()
    assert [await roles.of(user) for user in (ANALYST, "U07", CUSTOMER)] == ["analyst", "analyst", "customer"]
    assert roles.known_analysts == 3
    asked = [parse_qs(request["body"])["usergroup"] for request in await wire.requests("usergroups.users.list")]
    assert sorted(asked) == [["S01"], ["S02"]]
    await wire.reset()
    await wire.answers("/api/usergroups.list", {"ok": True, "usergroups": groups})
    await wire.answers("/api/usergroups.users.list", {"ok": True, "users": ["U09"]})
    await roles.refresh()
    assert await roles.of(ANALYST) == "customer"


async def test_a_changed_group_is_read_again(wire: Wiremock, platform: SlackPlatform) -> None:
    await wire.answers("/api/usergroups.users.list", {"ok": True, "users": [ANALYST]})
    settings = load(
        None,
        slack_bot_token="xoxb-test",  # noqa: S106  # made up
        slack_signing_secret=SECRET,
        slack_api_url=f"{wire.url}/api/",
        analysts="S01",
    )
    changing = SlackPlatform(settings)
    await changing.start(RecordingIntake())
    assert changing._connection is not None
    before = len(await wire.requests("usergroups.users.list"))
    assert await changing._connection.take_in(callback({"type": "subteam_members_changed", "subteam_id": "S01"})) == 200
    await changing.stop()
    assert len(await wire.requests("usergroups.users.list")) == before + 1


async def test_while_slack_does_not_answer_analysts_stay_analysts(wire: Wiremock, api: SlackApi) -> None:
    await wire.answers("/api/usergroups.users.list", {"ok": True, "users": [ANALYST]})
    roles = Roles(api, BOT, ["S01"])
    await roles.refresh()
    await wire.stub("/api/usergroups.users.list", {"status": 503})
    await roles.refresh()
    assert await roles.of(ANALYST) == "analyst"
    await wire.answers("/api/usergroups.users.list", {"ok": False, "error": "no_such_subteam"})
    await roles.refresh()
    assert await roles.of(ANALYST) == "customer"


@pytest.mark.parametrize("answer", [{"ok": False, "error": "missing_scope"}, {"ok": True, "usergroups": []}])
async def test_groups_that_cannot_be_read_make_nobody_an_analyst(
    wire: Wiremock, api: SlackApi, answer: Json, capsys: pytest.CaptureFixture[str]
) -> None:
    await wire.answers("/api/usergroups.list", answer)
    roles = Roles(api, BOT, ["@support"])
    await roles.refresh()
    await roles.refresh()
    assert await roles.of(ANALYST) == "customer"
    assert capsys.readouterr().out.count("role_unknown") == 1


@pytest.mark.parametrize(
    ("user", "role"),
    [
        ({"team_id": BOT.team_id}, "analyst"),
        ({"team_id": "T99", "enterprise_user": {"teams": [BOT.team_id]}}, "analyst"),
        ({"team_id": "T99"}, "customer"),
        ({"team_id": "T99", "is_stranger": True}, "customer"),
        ({"team_id": BOT.team_id, "is_restricted": True}, "customer"),
        ({"team_id": BOT.team_id, "is_ultra_restricted": True}, "customer"),
        ({"team_id": BOT.team_id, "is_bot": True}, "customer"),
        ({}, "customer"),
    ],
)
async def test_members_of_the_home_workspace(wire: Wiremock, api: SlackApi, user: Json, role: str) -> None:
    await wire.answers("/api/users.info", {"ok": True, "user": user})
    roles = Roles(api, BOT, ["home-workspace"])
    assert [await roles.of("U09"), await roles.of("U09")] == [role, role]
    assert len(await wire.requests("users.info")) == 1


async def test_whoever_slack_refuses_to_show_is_a_customer(wire: Wiremock, api: SlackApi) -> None:
    await wire.answers("/api/users.info", {"ok": False, "error": "user_not_found"})
    assert await Roles(api, BOT, ["home-workspace"]).of("U09") == "customer"
    assert len(await wire.requests("users.info")) == 1


async def test_slack_is_asked_again_when_it_does_not_say_at_once_who_somebody_is(wire: Wiremock, api: SlackApi) -> None:
    await wire.stub("/api/users.info", {"status": 503}, times=1)
    await wire.answers("/api/users.info", AT_HOME)
    assert await Roles(api, BOT, ["home-workspace"]).of("U09") == "analyst"


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"fault": "CONNECTION_RESET_BY_PEER"}])
async def test_while_slack_does_not_say_who_somebody_is_they_are_nobody(
    wire: Wiremock, api: SlackApi, fault: Json
) -> None:
    await wire.stub("/api/users.info", fault)
    roles = Roles(api, BOT, ["home-workspace"])
    with pytest.raises(ChatError):
        await roles.of("U09")
    await wire.reset()
    await wire.answers("/api/users.info", AT_HOME)
    assert await roles.of("U09") == "analyst"


async def test_who_was_looked_up_stays_what_they_were_while_slack_does_not_answer(
    wire: Wiremock, api: SlackApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_roles, "MEMBERSHIP_SECONDS", 0.0)
    await wire.answers("/api/users.info", AT_HOME)
    roles = Roles(api, BOT, ["home-workspace"])
    assert await roles.of("U09") == "analyst"
    await wire.stub("/api/users.info", {"status": 503})
    assert await roles.of("U09") == "analyst"


async def test_nobody_is_a_customer_before_the_user_groups_could_be_read(
    wire: Wiremock, api: SlackApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wire.stub("/api/usergroups.users.list", {"status": 503})
    roles = Roles(api, BOT, ["S01"])
    await roles.refresh()
    with pytest.raises(ChatError, match="who is in S01"):
        await roles.of(ANALYST)
    await wire.reset()
    await wire.answers("/api/usergroups.users.list", {"ok": True, "users": [ANALYST]})
    monkeypatch.setattr(roles, "_read_at", float("-inf"))  # as if seconds had passed
    assert [await roles.of(ANALYST), await roles.of(CUSTOMER)] == ["analyst", "customer"]


async def test_a_message_by_somebody_unknown_is_not_taken_in_and_comes_again(wire: Wiremock) -> None:
    intake = RecordingIntake()
    async with connected(wire, intake) as platform:
        assert platform._connection is not None
        await wire.stub("/api/users.info", {"status": 503})
        assert await platform._connection.take_in(callback(message("Set it in the .env file.", user="U09"))) == 500
        assert intake.events == []
        await wire.answers("/api/users.info", AT_HOME)
        assert await platform._connection.take_in(callback(message("Set it in the .env file.", user="U09"))) == 200
    [event] = intake.events
    assert isinstance(event, MessagePosted)
    assert event.role == "analyst"


async def test_catching_up_one_unknown_author_keeps_nobody_elses_message_back(wire: Wiremock) -> None:
    intake, now = RecordingIntake(), time.time()
    async with connected(wire, intake) as platform:
        assert platform._connection is not None
        catch_up = platform._connection.catch_up
        said = [message(text, user=user, ts=f"{now + at:.6f}") for text, user, at in (("a", "U08", 2), ("b", "U09", 1))]
        await wire.answers("/api/users.conversations", {"ok": True, "channels": [{"id": CHANNEL}]})
        await wire.answers("/api/conversations.history", {"ok": True, "messages": said})
        await wire.answers("/api/users.info", AT_HOME)
        await wire.stub("/api/users.info", {"status": 503}, times=3)  # all that is asked about U08
        await catch_up._look(deep=False)
        assert [event.text for event in intake.events if isinstance(event, MessagePosted)] == ["b"]
        await catch_up._look(deep=False)
        assert [event.text for event in intake.events if isinstance(event, MessagePosted)] == ["b", "a"]


async def test_catching_up_a_channel_that_slack_refuses_keeps_no_other_back(wire: Wiremock) -> None:
    intake, now = RecordingIntake(), time.time()
    async with connected(wire, intake) as platform:
        assert platform._connection is not None
        catch_up = platform._connection.catch_up
        await wire.answers("/api/users.conversations", {"ok": True, "channels": [{"id": "C0GONE"}, {"id": CHANNEL}]})
        await wire.answers("/api/users.info", AT_HOME)
        said = {"ok": True, "messages": [message("a", ts=f"{now + 1:.6f}")]}
        await wire.answers("/api/conversations.history", said)
        await wire.stub("/api/conversations.history", as_json({"ok": False, "error": "not_in_channel"}), times=1)
        await catch_up._look(deep=True)
    assert [event.text for event in intake.events if isinstance(event, MessagePosted)] == ["a"]


@pytest.mark.parametrize("channels", [1, 2, 5, 9, 10, 30])
async def test_every_channel_is_read_in_its_turn_wherever_people_speak(wire: Wiremock, channels: int) -> None:
    async with connected(wire, RecordingIntake()) as platform:
        assert platform._connection is not None
        catch_up, spoken = platform._connection.catch_up, Random(channels)  # noqa: S311 - no secret
        names = [f"C{number}" for number in range(channels)]
        catch_up._read_to.update(dict.fromkeys(names, 0.0))
        turn, looks = -(-(channels - 1) // catching_up.OTHERS) or 1, []
        for look in range(100):
            looks.append(catch_up._due())
            catch_up._looked_at.update(dict.fromkeys(looks[-1], float(look)))
            catch_up._somebody_spoke(spoken.choice(names[:5]), 1.0)
        assert max(map(len, looks)) <= 1 + catching_up.OTHERS
        for begin in range(len(looks) - turn):
            assert {name for look in looks[begin : begin + turn + 1] for name in look} == set(names)


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
