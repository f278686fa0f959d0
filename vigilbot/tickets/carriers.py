"""How the courier brings alerts: the card, its updates, and what is said in its thread. One carrier a kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.models import Affected, AlertCard
from vigilbot.storage import alerts, sessions, tickets
from vigilbot.tickets.alerting import ALERT, ALERT_OFFER, ALERT_REPLY, ALERT_UPDATE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiosqlite

    from vigilbot.chat.alerts import TakesAlerts
    from vigilbot.models import Session
    from vigilbot.storage.database import Database
    from vigilbot.storage.outbox import Delivery

LISTED = 20
"""How many linked threads a card names."""


@dataclass(frozen=True, slots=True)
class Cards:
    """Makes cards of what is stored now."""

    db: Database
    categories: tuple[str, ...]
    permalink: Callable[[Session], Awaitable[str]]

    async def of(self, alert_id: str) -> AlertCard:
        """Raises NotFound."""
        alert = await alerts.get(self.db, alert_id)
        ticket = await tickets.get(self.db, alert.session_id)
        first = await sessions.get(self.db, alert.session_id)
        linked = [await sessions.get(self.db, one.session_id) for one in await tickets.linked_to(self.db, first.id)]
        shown = {one.id for one in linked[-LISTED:]}
        affected = [Affected(one.id, one.title, await self.permalink(one) if one.id in shown else "") for one in linked]
        said = await alerts.counted(self.db, alert_id)
        return AlertCard(
            alert=alert,
            statement=ticket.statement or ticket.problem,
            link=await self.permalink(first),
            customers=await tickets.customers(self.db, first.id),
            first_seen=first.opened_at,
            linked=tuple(affected),
            likes=said["like"],
            dislikes=said["dislike"],
            closed=ticket.state != "escalated",
            categories=self.categories,
        )


@dataclass(frozen=True, slots=True)
class AlertCarrier:
    """Posts an alert."""

    cards: Cards
    platform: TakesAlerts

    async def wanted(self, delivery: Delivery) -> bool:  # noqa: ARG002 - the protocol's
        return True

    async def find(self, delivery: Delivery, session: Session) -> str | None:  # noqa: ARG002 - the protocol's
        card = await self.cards.of(delivery.payload["alert_id"])
        return await self.platform.find_alert(card, delivery.id, delivery.created_at)

    async def bring(self, delivery: Delivery, session: Session) -> str:  # noqa: ARG002 - the protocol's
        return await self.platform.post_alert(await self.cards.of(delivery.payload["alert_id"]), delivery.id)

    async def arrived(self, tx: aiosqlite.Connection, delivery: Delivery, reference: str) -> None:
        await alerts.posted(tx, delivery.payload["alert_id"], reference)


@dataclass(frozen=True, slots=True)
class AlertUpdateCarrier:
    """Shows a posted alert as it is now. Doing it twice changes nothing, so it is never looked for."""

    cards: Cards
    platform: TakesAlerts

    async def wanted(self, delivery: Delivery) -> bool:
        return (await alerts.get(self.cards.db, delivery.payload["alert_id"])).posted_ref is not None

    async def find(self, delivery: Delivery, session: Session) -> str | None:  # noqa: ARG002 - the protocol's
        return None

    async def bring(self, delivery: Delivery, session: Session) -> str:  # noqa: ARG002 - the protocol's
        card = await self.cards.of(delivery.payload["alert_id"])
        await self.platform.update_alert(card)
        return card.alert.posted_ref or ""

    async def arrived(self, tx: aiosqlite.Connection, delivery: Delivery, reference: str) -> None:
        """Nothing follows from it."""


@dataclass(frozen=True, slots=True)
class AlertReplyCarrier:
    """Says in the alert's thread how far the incident reaches, or that it is over."""

    cards: Cards
    platform: TakesAlerts

    async def wanted(self, delivery: Delivery) -> bool:
        return (await alerts.get(self.cards.db, delivery.payload["alert_id"])).posted_ref is not None

    async def find(self, delivery: Delivery, session: Session) -> str | None:  # noqa: ARG002 - the protocol's
        card = await self.cards.of(delivery.payload["alert_id"])
        return await self.platform.find_reply(card, delivery.id, delivery.created_at)

    async def bring(self, delivery: Delivery, session: Session) -> str:  # noqa: ARG002 - the protocol's
        card = await self.cards.of(delivery.payload["alert_id"])
        offers = delivery.kind == ALERT_OFFER
        text = offer(card) if offers else reach(card)
        return await self.platform.reply_to_alert(card, text, delivery.id, offers=offers)

    async def arrived(self, tx: aiosqlite.Connection, delivery: Delivery, reference: str) -> None:
        """Nothing follows from it."""


def alert_carriers(
    cards: Cards, platform: TakesAlerts
) -> dict[str, AlertCarrier | AlertUpdateCarrier | AlertReplyCarrier]:
    """By kind of delivery."""
    reply = AlertReplyCarrier(cards, platform)
    return {
        ALERT: AlertCarrier(cards, platform),
        ALERT_UPDATE: AlertUpdateCarrier(cards, platform),
        ALERT_REPLY: reply,
        ALERT_OFFER: reply,
    }


def reach(card: AlertCard) -> str:
    """How far the incident reaches now."""
    latest = f" Latest: “{card.linked[-1].title}”." if card.linked else ""
    return f"{_count(card.customers, 'customer')} affected so far, in {_count(len(card.linked) + 1, 'thread')}.{latest}"


def offer(card: AlertCard) -> str:
    """That the first thread is closed while others wait."""
    return f"The first thread was closed. Shall I tell the {_count(len(card.linked), 'linked thread')} that it is over?"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
