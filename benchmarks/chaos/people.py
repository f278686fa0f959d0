"""What people do in the workspace while the bot keeps dying: whole conversations, remembered to be checked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.standins.slack import ANALYST, CHANNEL, CUSTOMER, OTHER_CHANNEL

if TYPE_CHECKING:
    import random

    from tests.standins.slack import LocalSlack

IN_SCOPE = (
    "How do I change the port of the console?",
    "What does VIGIL_QUIET_WINDOW do?",
    "How do I mute the bot in a thread?",
    "Which environment variable sets the data folder?",
    "How do I make vigilbot answer before an analyst joins?",
)
OUT_OF_SCOPE = "what will the weather be like in Paris tomorrow?"


@dataclass
class Conversation:
    """One thread: a root, an analyst's greeting, questions. `ts` are Slack's."""

    channel: str
    root: str
    said: list[str] = field(default_factory=list)
    """Every message people wrote, the root included."""
    questions: list[str] = field(default_factory=list)
    """Those after the analyst has joined: each is owed an outcome."""
    addressed: list[str] = field(default_factory=list)
    """Those of them that mention the bot: each is owed a card or a reason."""

    @property
    def session_id(self) -> str:
        return f"slack-{self.channel}-{self.root}"


class People:
    def __init__(self, slack: LocalSlack, chance: random.Random) -> None:
        self._slack = slack
        self._chance = chance
        self.conversations: list[Conversation] = []

    async def talk(self, pause: float) -> None:
        """Hold one conversation, with up to `pause` seconds between two messages."""
        channel = self._chance.choice((CHANNEL, OTHER_CHANNEL))
        thread = Conversation(channel, await self._slack.say(CUSTOMER, "Hi, can somebody help me?", None, channel))
        thread.said.append(thread.root)
        self.conversations.append(thread)
        await self._say(thread, ANALYST, "Hello, let me look", pause)
        thread.questions.append(await self._say(thread, CUSTOMER, self._chance.choice(IN_SCOPE), pause))
        if self._chance.random() < 0.5:
            to_the_bot = f"<@{self._slack.app.user_id}> {OUT_OF_SCOPE}"
            ts = await self._say(thread, CUSTOMER, to_the_bot, 4 * pause)
            thread.questions.append(ts)
            thread.addressed.append(ts)
        if self._chance.random() < 0.3:
            await self._slack.react(ANALYST, thread.root, "white_check_mark", channel=channel)

    async def _say(self, thread: Conversation, user: str, text: str, pause: float) -> str:
        await asyncio.sleep(self._chance.uniform(0, pause))
        ts = await self._slack.say(user, text, thread.root, thread.channel)
        thread.said.append(ts)
        return ts
