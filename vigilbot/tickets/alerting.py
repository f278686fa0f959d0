"""Alerting: one alert an incident, a second only for what is graver, or recurs after silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from vigilbot.models import Alert
from vigilbot.safety.redaction.redact import redacted
from vigilbot.storage import alerts, outbox, tickets

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiosqlite

    from vigilbot.models import Ticket
    from vigilbot.storage.database import Database
    from vigilbot.tickets.categories import Categories

ALERT, ALERT_UPDATE, ALERT_REPLY, ALERT_OFFER = "alert", "alert_update", "alert_reply", "alert_offer"

RESOLVED = (
    "The problem that was reported here has been marked as resolved. If you still see it, please write here and "
    "somebody will look at it."
)
"""Says nothing of the other customers."""


@dataclass(frozen=True, slots=True)
class Alerting:
    """Words alerts, and orders them, their updates and what is said in their threads, in the caller's transaction."""

    db: Database
    categories: Categories
    silence: float
    """Seconds after an alert during which a ticket that is closed and comes back is not told again."""
    channel: str
    """Where categories are told that name no channel; empty: on the board alone."""

    def is_due(self, told: Sequence[Alert], gravity: int, *, recurs: bool, now: float) -> bool:
        """Whether people are to be called by a new alert, after the alerts in `told` (oldest first).

        `recurs` says that the ticket was closed and has come back. That an incident has grown is no reason: its card
        shows it.
        """
        if not told or gravity > max(alert.gravity for alert in told):
            return True
        return recurs and now - told[-1].created_at >= self.silence

    async def alert(self, first: Ticket, by: Ticket, now: float) -> Alert:
        """The alert about the incident of ticket `first`, on the grounds of ticket `by`; secrets are redacted."""
        told = self.categories.told[by.category or ""]
        return Alert(
            id=uuid4().hex,
            session_id=first.session_id,
            category=by.category or "",
            gravity=by.gravity,
            reason=redacted(by.reason).text,
            evidence=tuple(redacted(quote).text for quote in by.evidence),
            upto=await tickets.last_seq(self.db, by.session_id),
            channel=told.channel or self.channel,
            mention=told.group,
            created_at=now,
        )

    async def order(self, tx: aiosqlite.Connection, alert: Alert) -> None:
        """Store an alert, and have it posted."""
        await alerts.add(tx, alert)
        await self._order(tx, ALERT, alert, alert.created_at)

    async def order_update(self, tx: aiosqlite.Connection, alert: Alert, now: float) -> None:
        """Have its card shown as things are then."""
        await self._order(tx, ALERT_UPDATE, alert, now)

    async def order_reply(self, tx: aiosqlite.Connection, alert: Alert, now: float) -> None:
        """Say in its thread how far the incident reaches; several in a row become one."""
        await self._order(tx, ALERT_REPLY, alert, now)

    async def order_offer(self, tx: aiosqlite.Connection, alert: Alert, now: float) -> None:
        """Offer in its thread to tell the linked threads that it is over."""
        await self._order(tx, ALERT_OFFER, alert, now)

    async def _order(self, tx: aiosqlite.Connection, kind: str, alert: Alert, now: float) -> None:
        if not await alerts.is_ordered(tx, kind, alert.id):
            await outbox.order(tx, alert.session_id, kind, {"alert_id": alert.id}, now, channel=alert.channel)
