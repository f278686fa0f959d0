"""The bot is stopped on purpose while people go on writing in Slack: when it is back, everybody gets what is due."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.bot import running_bot
from tests.standins.slack import ANALYST, CHANNEL, CUSTOMER, OTHER_CUSTOMER, LocalSlack, local_slack
from vigilbot.commands.run import STOP_SECONDS
from vigilbot.storage.folder import DATABASE

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.bot import Bot

PORT = "How do I change the port of the console?"
FOLDER = "Which environment variable sets the data folder?"
ANSWER = "Set it in the unit file: VIGIL_PORT=9000, then restart the service."
PATIENCE_SECONDS = 60.0


def bot_in(slack: LocalSlack, folder: Path, quiet_window: float) -> AbstractAsyncContextManager[Bot]:
    return running_bot(
        folder,
        SLACK_API_URL=slack.api_url,
        SLACK_BOT_TOKEN=slack.app.bot_token,
        SLACK_APP_TOKEN=slack.app.app_token,
        VIGIL_ANALYSTS=ANALYST,
        VIGIL_ANNOTATE_SHARE="0",
        VIGIL_QUIET_WINDOW=str(quiet_window),
    )


@pytest.mark.timeout(400)  # the bot is started three times, which a slow machine does slowly
@pytest.mark.disk
async def test_what_is_written_while_the_bot_is_stopped_is_answered_once_when_it_is_back(folder: Path) -> None:
    async with local_slack() as slack:
        async with bot_in(slack, folder, 0.1):
            answered = await joined(slack, CUSTOMER)
            await slack.say(CUSTOMER, PORT, answered)
            await outcomes(folder, {(answered, PORT): "answered"})
        async with bot_in(slack, folder, 30.0) as bot:
            interrupted, outdone = await joined(slack, CUSTOMER), await joined(slack, CUSTOMER)
            await slack.say(CUSTOMER, PORT, interrupted)
            await slack.say(CUSTOMER, PORT, outdone)
            await stop(bot)

        await slack.say(CUSTOMER, FOLDER, answered)
        await slack.say(ANALYST, ANSWER, outdone)
        late = await joined(slack, OTHER_CUSTOMER)
        await slack.say(OTHER_CUSTOMER, PORT, late)
        await slack.say(ANALYST, ANSWER, late)
        fresh = await joined(slack, OTHER_CUSTOMER)
        await slack.say(OTHER_CUSTOMER, FOLDER, fresh)

        async with bot_in(slack, folder, 0.1):
            await outcomes(
                folder,
                {
                    (answered, PORT): "answered",
                    (answered, FOLDER): "answered",
                    (interrupted, PORT): "answered",
                    (outdone, PORT): "overtaken",
                    (late, PORT): "overtaken",
                    (fresh, FOLDER): "answered",
                },
            )
            await asyncio.sleep(1.5)  # whatever would come too much has come by then
            assert await cards(slack) == {answered: 2, interrupted: 1, fresh: 1}


async def joined(slack: LocalSlack, customer: str) -> str:
    """A thread in which an analyst has spoken."""
    root = await slack.say(customer, "Hello, can somebody help me?")
    await slack.say(ANALYST, "Hello, one moment", root)
    return root


async def stop(bot: Bot) -> None:
    bot.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(bot.process.wait(), STOP_SECONDS + 1) == 0


async def outcomes(folder: Path, expected: dict[tuple[str, str], str]) -> None:
    """Wait until every question, by thread and text, has its outcome, and everything to be said has been."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found, left = _stored(folder / DATABASE)
        if found == expected and not left:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{found}, and {left} deliveries left")


def _stored(database: Path) -> tuple[dict[tuple[str, str], str], int]:
    with closing(sqlite3.connect(database)) as db:
        turns = db.execute(
            """SELECT s.thread, m.text, t.outcome FROM turns t JOIN sessions s ON s.id = t.session_id
               JOIN messages m ON m.turn_id = t.id"""
        ).fetchall()
        [(left,)] = db.execute("SELECT count(*) FROM outbox WHERE done_at IS NULL").fetchall()
    return {(thread, text): outcome for thread, text, outcome in turns}, left


async def cards(slack: LocalSlack) -> dict[str, int]:
    """How many cards each thread holds."""
    shown = [message for message in await slack.messages(CHANNEL) if message.get("blocks")]
    return dict(Counter(str(message["thread_ts"]) for message in shown))
