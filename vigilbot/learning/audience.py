"""Who may be answered from a lesson: never more people than may see what it was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from vigilbot.models import EVERYONE, Audience

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigilbot.models import Session

LearnFor = Literal["everyone", "channel"]


def audience_of(session: Session, drew_on: Iterable[Audience], learn_for: LearnFor) -> Audience | None:
    """The narrowest of what the settings say and what the words were drawn from.

    None when they were drawn from the private knowledge of two audiences: nobody may see both.
    """
    widest = EVERYONE if learn_for == "everyone" else Audience(f"channel:{session.channel}")
    private = {audience for audience in (widest, *drew_on) if audience != EVERYONE}
    if len(private) > 1:
        return None
    return private.pop() if private else EVERYONE
