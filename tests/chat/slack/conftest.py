"""A server in Slack's place, and what talks to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.chat.slack.support import SELF, RecordingIntake, settings_at
from tests.standins.wiremock import Wiremock, wiremock
from vigilbot.chat.slack import roles as slack_roles
from vigilbot.chat.slack.api import SlackApi
from vigilbot.chat.slack.platform import SlackPlatform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


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
    connected = SlackPlatform(settings_at(wire))
    await connected.start(RecordingIntake())
    yield connected
    await connected.stop()
