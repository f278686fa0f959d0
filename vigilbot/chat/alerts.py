"""The seam for alerts: a platform that can call people's attention somewhere else than in the session's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from vigilbot.models import AlertCard


@runtime_checkable
class TakesAlerts(Protocol):
    """Every method raises ChatRateLimited or ChatError."""

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
