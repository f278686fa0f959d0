"""How triage is put together, and when there is any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from vigilbot.app.permalinks import permalinks
from vigilbot.chat.alerts import TakesAlerts
from vigilbot.tickets.alerting import Alerting
from vigilbot.tickets.carriers import Cards, alert_carriers
from vigilbot.tickets.categories import load
from vigilbot.tickets.desk import TriageDesk
from vigilbot.tickets.duplicates import Duplicates
from vigilbot.tickets.incidents import Incidents
from vigilbot.tickets.likeness import SAME_PROBLEM
from vigilbot.tickets.triage import Triage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.app.foundation import Foundation
    from vigilbot.chat.base import ChatPlatform
    from vigilbot.config import Settings
    from vigilbot.reasoning.base import TriageReasoner
    from vigilbot.sessions.carriers import Carrier
    from vigilbot.sessions.courier import Courier
    from vigilbot.tickets.categories import Categories

log = structlog.get_logger(__name__)

SECONDS_AN_HOUR = 3600.0
SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Ticketing:
    """Triage, ready to be given a courier."""

    triage: Triage
    cards: Cards
    carriers: Mapping[str, Carrier]

    def desk(self, base: Foundation, courier: Courier) -> TriageDesk:
        async def changed(session_id: str) -> None:
            base.feed.publish(session_id)
            await courier.collect()

        ready, quiet_window = base.readiness.reached, base.settings.quiet_window
        return TriageDesk(self.triage, base.clock, base.tasks, base.activity, quiet_window, changed, ready)


def ticketing_for(base: Foundation, reasoner: TriageReasoner, platform: ChatPlatform) -> Ticketing | None:
    """None when triage is off, or there is nowhere to alert. Raises ConfigError about the category file."""
    settings, db, clock = base.settings, base.db, base.clock
    if settings.triage == "off" or not isinstance(platform, TakesAlerts):
        return None
    categories = load(settings.tickets, settings.data_dir)
    if settings.uses_slack and not _has_channel(settings, categories):
        log.info("triage_off", fix="set VIGIL_ALERT_CHANNEL, or notify in the category file: alerts need a channel")
        return None
    silence = settings.alert_silence * SECONDS_AN_HOUR
    threshold = SAME_PROBLEM if settings.ticket_likeness is None else settings.ticket_likeness
    duplicates = Duplicates(
        db, base.knowledge.embedder, reasoner, threshold, settings.ticket_window * SECONDS_A_DAY, silence
    )
    channel = settings.alert_channel or "" if settings.uses_slack else ""
    incidents = Incidents(db, clock, duplicates, Alerting(db, categories, silence, channel))
    triage = Triage(db, clock, reasoner, categories, duplicates, incidents, settings.scope)
    cards = Cards(db, categories.names, permalinks(platform))
    named = {channel, *(told.channel for told in categories.told.values())} - {""}
    platform.serve_alerts(cards.of, frozenset(named))
    return Ticketing(triage, cards, alert_carriers(cards, platform))


def _has_channel(settings: Settings, categories: Categories) -> bool:
    return bool(settings.alert_channel) or any(told.channel for told in categories.told.values())
