"""The seam for alerts: a platform that can call people's attention somewhere else than in the session's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.models import AlertCard


@runtime_checkable
class TakesAlerts(Protocol):
    """A chat platform that can show alerts. Every method but the first raises ChatRateLimited or ChatError."""

    def serve_alerts(self, card_of: Callable[[str], Awaitable[AlertCard]], channels: frozenset[str]) -> None:
        """Called once, before the platform is started.

        `card_of` gives an alert's card by its id, or raises NotFound; alerts will be posted in `channels`. What is said
        there is about alerts: it opens no session unless the channel is watched by name.
        """

    async def post_alert(self, card: AlertCard, delivery_id: str) -> str:
        """Post it in its channel, calling its user group; returns the platform's reference to it."""

    async def find_alert(self, card: AlertCard, delivery_id: str, since: float) -> str | None:
        """The reference of an alert already posted with this delivery id, not before `since`, or None."""

    async def update_alert(self, card: AlertCard) -> None:
        """Show the posted alert as it is now; nobody is called again."""

    async def reply_to_alert(self, card: AlertCard, text: str, delivery_id: str, *, offers: bool) -> str:
        """Say something in the alert's thread; with `offers`, a button beside it tells the linked threads."""

    async def find_reply(self, card: AlertCard, delivery_id: str, since: float) -> str | None:
        """The reference of a reply already posted with this delivery id, not before `since`, or None."""
