"""Triage on a stage: the whole bot with virtual time, a scripted reasoner, and a platform that keeps alerts."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.fakes import RecordingPlatform, ScriptedReasoner
from tests.scene import PLACE, Scene
from vigilbot import config
from vigilbot.app import assembled
from vigilbot.chat.base import Place
from vigilbot.models import Severity
from vigilbot.runtime.clock import VirtualClock
from vigilbot.storage import alerts, tickets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from vigilbot.models import Alert, AlertCard, Ticket
    from vigilbot.reasoning.base import Reasoner

FILE = """
[[category]]
name = "outage"
gravity = 3
description = "a service is down"
notify = ["#incidents"]

[[category]]
name = "complaint"
gravity = 2
description = "somebody is angry"

[[category]]
name = "other"
gravity = 0
description = "the rest"

[[rule]]
name = "important customers"
category = "complaint"
keywords = ["svip"]

[[filter]]
name = "test environments"
keywords = ["staging"]
unless = ["production"]
"""


@dataclass
class AlertingPlatform(RecordingPlatform):
    """A platform that keeps alerts, their updates and replies, by delivery id."""

    alerted: dict[str, AlertCard] = field(default_factory=dict)
    alert_updates: list[AlertCard] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)

    def serve_alerts(self, card_of: Callable[[str], Awaitable[AlertCard]], channels: frozenset[str]) -> None:
        pass

    async def post_alert(self, card: AlertCard, delivery_id: str) -> str:
        self.alerted[delivery_id] = card
        return f"alert-{len(self.alerted)}"

    async def find_alert(self, card: AlertCard, delivery_id: str, since: float) -> str | None:
        return f"alert-{list(self.alerted).index(delivery_id) + 1}" if delivery_id in self.alerted else None

    async def update_alert(self, card: AlertCard) -> None:
        self.alert_updates.append(card)

    async def reply_to_alert(self, card: AlertCard, text: str, delivery_id: str, *, offers: bool) -> str:
        self.replies[delivery_id] = text
        return delivery_id

    async def find_reply(self, card: AlertCard, delivery_id: str, since: float) -> str | None:
        return delivery_id if delivery_id in self.replies else None


@dataclass
class TriageScene(Scene):
    """People talk in several threads; `thread(n)` says in which."""

    alerting: AlertingPlatform = field(default_factory=AlertingPlatform)

    def thread(self, name: str) -> None:
        self.place = Place(PLACE.platform, PLACE.channel, name)

    def session_id(self, name: str) -> str:
        return replace(PLACE, thread=name).session_id

    async def ticket(self, name: str = PLACE.thread) -> Ticket:
        return await tickets.get(self.app.db, self.session_id(name))

    async def alerts(self, name: str = PLACE.thread) -> list[Alert]:
        return await alerts.of_ticket(self.app.db, self.session_id(name))

    async def steps(self, name: str = PLACE.thread) -> list[str]:
        return [step.after for step in await tickets.transitions(self.app.db, self.session_id(name))]


def outage(quote: str) -> Severity:
    return Severity("outage", "it is down", (quote,))


def _write_categories(folder: Path) -> None:
    (folder / "tickets.toml").write_text(FILE, "utf-8")


@asynccontextmanager
async def triaged(folder: Path, reasoner: Reasoner | None = None, **settings: Any) -> AsyncIterator[TriageScene]:
    _write_categories(folder)
    clock, platform = VirtualClock(), AlertingPlatform()
    chosen = config.load(None, data_dir=folder, **settings)
    thinking = reasoner or ScriptedReasoner()
    async with assembled(chosen, clock=clock, reasoner=thinking, platform=platform) as app:
        await app.knowledge.open()
        yield TriageScene(app, clock, platform, alerting=platform)
