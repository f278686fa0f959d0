"""Who is an analyst: by user group, by workspace, and while Slack does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from tests.chat.slack.support import AT_HOME, BOT, Json, RecordingIntake, callback, connected, message, settings_at
from tests.standins.slack import ANALYST, CUSTOMER
from vigilbot.chat.base import MessagePosted
from vigilbot.chat.slack import roles as slack_roles
from vigilbot.chat.slack.platform import SlackPlatform
from vigilbot.chat.slack.roles import Roles
from vigilbot.errors import ChatError

if TYPE_CHECKING:
    from tests.standins.wiremock import Wiremock
    from vigilbot.chat.slack.api import SlackApi

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
    changing = SlackPlatform(settings_at(wire, analysts="S01"))
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
