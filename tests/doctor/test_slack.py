"""The doctor on Slack: local-slack with WireMock in front, which adds what local-slack lacks and what can go wrong."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.standins.slack import ANALYST, CHANNEL, SECRET, LocalSlack, local_slack
from tests.standins.wiremock import Wiremock, as_json, wiremock
from vigilbot.chat.slack.manifest import SCOPES
from vigilbot.config import Settings, load
from vigilbot.doctor.slack import slack as slack_findings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vigilbot.doctor import Finding

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workspace() -> AsyncIterator[LocalSlack]:
    async with local_slack() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Wiremock]:
    async with wiremock() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def wire(server: Wiremock, workspace: LocalSlack) -> Wiremock:
    await server.reset()
    await server.proxy_to(workspace.url, headers={"x-oauth-scopes": ",".join(SCOPES)})
    return server


def settings_for(wire: Wiremock, slack: LocalSlack, **changes: Any) -> Settings:
    given = {
        "slack_bot_token": slack.app.bot_token,
        "slack_app_token": slack.app.app_token,
        "slack_api_url": f"{wire.url}/api/",
        "analysts": ANALYST,
    }
    return load(None, **{**given, **changes})


async def checked(settings: Settings) -> dict[str, Finding]:
    return {finding.check.removeprefix("Slack "): finding for finding in await slack_findings(settings)}


async def test_everything_in_order(wire: Wiremock, workspace: LocalSlack) -> None:
    found = await checked(settings_for(wire, workspace, channels="#support"))
    assert list(found) == ["token", "scopes", "clock", "events", "analysts", "channels", "alerts"]
    assert all(finding.ok for finding in found.values()), found
    assert found["token"].detail == "@vigilbot in Test"
    assert found["channels"].detail == "member of 2, watching 1"


@pytest.mark.parametrize(("ahead", "said"), [(1_200, "ahead of Slack's"), (-1_200, "behind Slack's"), (2, None)])
async def test_a_clock_that_differs_from_slacks_is_named(
    wire: Wiremock, workspace: LocalSlack, ahead: float, said: str | None
) -> None:
    answer = as_json({"ok": True, "user_id": "U1", "bot_id": "B1", "user": "vigilbot", "team_id": "T1", "team": "Test"})
    date = formatdate(time.time() - ahead, usegmt=True)
    await wire.stub("/api/auth.test", answer | {"headers": {"Content-Type": "application/json", "Date": date}})
    clock = (await checked(settings_for(wire, workspace)))["clock"]
    assert clock.ok == (said is None)
    assert (said or "agrees") in clock.detail


async def test_a_refused_token_is_the_only_finding(wire: Wiremock, workspace: LocalSlack) -> None:
    await wire.answers("/api/auth.test", {"ok": False, "error": "invalid_auth"})
    found = await checked(settings_for(wire, workspace))
    assert list(found) == ["token"]
    assert "SLACK_BOT_TOKEN is not valid" in found["token"].fix


async def test_slack_out_of_reach(workspace: LocalSlack, wire: Wiremock) -> None:
    found = await checked(settings_for(wire, workspace, slack_api_url="http://127.0.0.1:9/api/"))
    assert "can be reached" in found["token"].fix


async def test_missing_scopes_are_named_with_what_they_are_for(wire: Wiremock, workspace: LocalSlack) -> None:
    await wire.proxy_to(workspace.url, headers={"x-oauth-scopes": ",".join(SCOPES.keys() - {"files:read"})})
    scopes = (await checked(settings_for(wire, workspace)))["scopes"]
    assert not scopes.ok
    assert scopes.detail == "missing: files:read (to look at screenshots that customers attach)"
    assert "vigilbot manifest" in scopes.fix


async def test_a_server_that_does_not_tell_scopes_is_no_fault(workspace: LocalSlack, wire: Wiremock) -> None:
    assert (await checked(settings_for(wire, workspace, slack_api_url=workspace.api_url)))["scopes"].ok


async def test_a_refused_app_token(wire: Wiremock, workspace: LocalSlack) -> None:
    await wire.answers("/api/apps.connections.open", {"ok": False, "error": "invalid_auth"})
    events = (await checked(settings_for(wire, workspace)))["events"]
    assert not events.ok
    assert "SLACK_APP_TOKEN" in events.detail
    assert "connections:write" in events.fix


async def test_http_mode_cannot_be_tried_from_here(wire: Wiremock, workspace: LocalSlack) -> None:
    settings = settings_for(wire, workspace, slack_app_token=None, slack_signing_secret=SECRET)
    assert "POST /slack/events" in (await checked(settings))["events"].detail


async def test_nobody_counts_as_an_analyst(wire: Wiremock, workspace: LocalSlack) -> None:
    analysts = (await checked(settings_for(wire, workspace, analysts="")))["analysts"]
    assert "VIGIL_ANALYSTS" in analysts.fix


@pytest.mark.parametrize(
    ("analysts", "says"),
    [("@supprot", "no such user group: @supprot"), ("@support", "has no members"), ("U0GONE", "user_not_found")],
)
async def test_analysts_who_stand_for_nobody(wire: Wiremock, workspace: LocalSlack, analysts: str, says: str) -> None:
    await wire.answers("/api/usergroups.list", {"ok": True, "usergroups": [{"id": "S01", "handle": "support"}]})
    await wire.answers("/api/usergroups.users.list", {"ok": True, "users": []})
    finding = (await checked(settings_for(wire, workspace, analysts=analysts)))["analysts"]
    assert not finding.ok
    assert says in finding.detail
    assert finding.fix


async def test_groups_and_home_are_counted(wire: Wiremock, workspace: LocalSlack) -> None:
    await wire.answers("/api/usergroups.list", {"ok": True, "usergroups": [{"id": "S01", "handle": "support"}]})
    await wire.answers("/api/usergroups.users.list", {"ok": True, "users": [ANALYST, "U09"]})
    finding = (await checked(settings_for(wire, workspace, analysts="@support,home-workspace")))["analysts"]
    assert (finding.ok, finding.detail) == (True, "everybody of the home workspace, and 2 by id or user group")


async def test_an_alert_channel_the_bot_is_not_in(wire: Wiremock, workspace: LocalSlack) -> None:
    finding = (await checked(settings_for(wire, workspace, alert_channel="#nowhere")))["alerts"]
    assert "the bot is not in #nowhere" in finding.detail
    assert "/invite" in finding.fix
    assert (await checked(settings_for(wire, workspace, alert_channel="#random")))["alerts"].ok


@pytest.mark.parametrize("channels", ["#nowhere", "C0NOWHERE", f"{CHANNEL},nowhere"])
async def test_a_channel_the_bot_is_not_in(wire: Wiremock, workspace: LocalSlack, channels: str) -> None:
    finding = (await checked(settings_for(wire, workspace, channels=channels)))["channels"]
    assert not finding.ok
    assert "/invite" in finding.fix


async def test_a_bot_in_no_channel(wire: Wiremock, workspace: LocalSlack) -> None:
    await wire.answers("/api/users.conversations", {"ok": True, "channels": []})
    assert "/invite" in (await checked(settings_for(wire, workspace)))["channels"].fix
