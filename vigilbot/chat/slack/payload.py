"""What a Slack message object holds, wherever it comes from: an event, or a day file of an export.

Shapes: docs.slack.dev/reference/events/message and its subtypes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vigilbot.chat.slack.text import plain
from vigilbot.models import Image

Payload = Mapping[str, Any]

PLATFORM = "slack"
WRITTEN = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
"""Message subtypes in which somebody says something; joins, topics, pins and the like are not among them."""

_TS = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)


def map_of(payload: Payload, key: str) -> Payload:
    """`payload[key]` when it is an object, otherwise an empty one."""
    value = payload.get(key)
    return value if isinstance(value, Mapping) else {}


def text_of(payload: Payload, key: str) -> str:
    """`payload[key]` when it is a string, as one that every store takes; otherwise an empty one."""
    value = payload.get(key)
    # JSON can spell half a surrogate, which no store takes.
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def maps_of(payload: Payload, key: str) -> list[Payload]:
    """The objects in `payload[key]` when it is a list, otherwise none."""
    values = payload.get(key)
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def is_ts(text: str) -> bool:
    return _TS.fullmatch(text) is not None


def author_of(message: Payload) -> str:
    return text_of(message, "user") or text_of(message, "bot_id") or text_of(message, "username")


def is_bot(message: Payload) -> bool:
    return bool(text_of(message, "bot_id")) or text_of(message, "subtype") == "bot_message"


def said(message: Payload, names: dict[str, str]) -> str:
    """The words, then the names of files that are no pictures: an analyst who only sends a log has spoken too."""
    words = plain(text_of(message, "text"), names) or _attached(message)
    files = [f"(file: {text_of(file, 'name')})" for file in maps_of(message, "files") if not _is_image(file)]
    return "\n".join(part for part in (words, *files) if part)


def images_of(message: Payload) -> tuple[Image, ...]:
    return tuple(
        Image(text_of(file, "url_private"), text_of(file, "mimetype"), text_of(file, "name"))
        for file in maps_of(message, "files")
        if _is_image(file)
    )


def _is_image(file: Payload) -> bool:
    return text_of(file, "mimetype").startswith("image/") and bool(text_of(file, "url_private"))


def _attached(message: Payload) -> str:
    """Alerts and integrations often say everything in an attachment and nothing in `text`."""
    attachments = maps_of(message, "attachments")
    texts = [text_of(attachment, "fallback") or text_of(attachment, "text") for attachment in attachments]
    return plain("\n".join(text for text in texts if text))
