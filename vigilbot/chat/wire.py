"""Neutral events to JSON and back, for the inbox."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, get_args

from vigilbot.chat.base import (
    ChatEvent,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    Place,
)
from vigilbot.models import Image

KINDS: dict[str, type[ChatEvent]] = {kind.__name__: kind for kind in get_args(ChatEvent)}


def encode(event: ChatEvent) -> str:
    return json.dumps({"kind": type(event).__name__, **asdict(event)}, ensure_ascii=False)


def decode(payload: str) -> ChatEvent:
    fields: dict[str, Any] = json.loads(payload)
    kind = KINDS[fields.pop("kind")]
    fields["place"] = Place(**fields["place"])
    if "images" in fields:
        fields["images"] = tuple(Image(**image) for image in fields["images"])
    return kind(**fields)


def message_key(event: ChatEvent) -> str | None:
    """Names a posted message whatever event brings it, so that it counts once; None for everything else."""
    if isinstance(event, MessagePosted):
        return f"{event.place.session_id}/{event.message_id}"
    return None


def changed_key(event: ChatEvent) -> str | None:
    """The `message_key` of the message that an event edits or deletes; None for everything else."""
    if isinstance(event, MessageEdited | MessageDeleted):
        return f"{event.place.session_id}/{event.message_id}"
    return None
