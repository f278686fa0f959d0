"""One carrier a kind of delivery: how it is brought, looked for, and what is stored once it has arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from vigilbot.storage import cards, outbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import aiosqlite

    from vigilbot.chat.base import ChatPlatform
    from vigilbot.models import Session
    from vigilbot.storage.database import Database
    from vigilbot.storage.outbox import Delivery

UNFINDABLE = ""
"""The reference of what may have arrived and cannot be looked for: it is not said twice."""


class Carrier(Protocol):
    """What the courier needs to know of one kind of delivery. Every method may raise ChatError."""

    async def wanted(self, delivery: Delivery) -> bool:
        """Whether it is still to be brought; asked just before, and only of what has not arrived."""

    async def find(self, delivery: Delivery, session: Session) -> str | None:
        """The platform's reference if it has arrived; asked when an earlier try may have been heard."""

    async def bring(self, delivery: Delivery, session: Session) -> str:
        """Post it; returns the platform's reference."""

    async def arrived(self, tx: aiosqlite.Connection, delivery: Delivery, reference: str) -> None:
        """Store what follows from it, in the transaction that ends the delivery."""


@dataclass(frozen=True, slots=True)
class CardCarrier:
    """Posts a card, unless it is withdrawn first: an analyst has answered, or nobody waits for it any more."""

    db: Database
    platforms: Mapping[str, ChatPlatform]
    withdraw: Callable[[str], Awaitable[bool]]
    """Given a card's id: take it back if it is not wanted any more, and say whether that was done."""

    async def wanted(self, delivery: Delivery) -> bool:
        return not await self.withdraw(delivery.payload["card_id"])

    async def find(self, delivery: Delivery, session: Session) -> str | None:
        return await self.platforms[session.platform].find_posted(session, delivery.id, delivery.created_at)

    async def bring(self, delivery: Delivery, session: Session) -> str:
        card = await cards.get(self.db, delivery.payload["card_id"])
        return await self.platforms[session.platform].post_card(session, card, delivery.id)

    async def arrived(self, tx: aiosqlite.Connection, delivery: Delivery, reference: str) -> None:
        await cards.posted(tx, delivery.payload["card_id"], reference)


@dataclass(frozen=True, slots=True)
class CardUpdateCarrier:
    """Shows a posted card as it is now. Doing it twice changes nothing, so it is never looked for."""

    db: Database
    platforms: Mapping[str, ChatPlatform]

    async def wanted(self, delivery: Delivery) -> bool:
        return (await cards.get(self.db, delivery.payload["card_id"])).posted_ref is not None

    async def find(self, delivery: Delivery, session: Session) -> str | None:  # noqa: ARG002 - the protocol's
        return None

    async def bring(self, delivery: Delivery, session: Session) -> str:
        card = await cards.get(self.db, delivery.payload["card_id"])
        await self.platforms[session.platform].update_card(session, card)
        return card.posted_ref or UNFINDABLE

    async def arrived(self, tx: aiosqlite.Connection, delivery: Delivery, reference: str) -> None:
        """Nothing follows from it."""


@dataclass(frozen=True, slots=True)
class NoticeCarrier:
    """Says a plain sentence. One to a single person is in no history: when in doubt, it is not said again."""

    platforms: Mapping[str, ChatPlatform]

    async def wanted(self, delivery: Delivery) -> bool:  # noqa: ARG002 - the protocol's
        return True

    async def find(self, delivery: Delivery, session: Session) -> str | None:
        if delivery.payload["to"]:
            return UNFINDABLE if delivery.in_doubt else None
        return await self.platforms[session.platform].find_posted(session, delivery.id, delivery.created_at)

    async def bring(self, delivery: Delivery, session: Session) -> str:
        text, to = delivery.payload["text"], delivery.payload["to"] or None
        return await self.platforms[session.platform].post_notice(session, text, to, delivery.id)

    async def arrived(self, tx: aiosqlite.Connection, delivery: Delivery, reference: str) -> None:
        """Nothing follows from it."""


def usual_carriers(
    db: Database, platforms: Mapping[str, ChatPlatform], withdraw: Callable[[str], Awaitable[bool]]
) -> dict[str, Carrier]:
    """The carriers every bot has, by kind."""
    return {
        outbox.CARD: CardCarrier(db, platforms, withdraw),
        outbox.CARD_UPDATE: CardUpdateCarrier(db, platforms),
        outbox.NOTICE: NoticeCarrier(platforms),
    }
