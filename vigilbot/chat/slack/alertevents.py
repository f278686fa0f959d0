"""What people do with an alert in Slack → neutral events. Shapes: docs.slack.dev/reference/interaction-payloads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from vigilbot.chat.base import AlertAnswered, Place, TicketAsked
from vigilbot.chat.slack.alertblocks import CATEGORY, DISLIKE, DISLIKE_FORM, LIKE, NOTE, OPEN, SPLIT, TELL
from vigilbot.chat.slack.payload import PLATFORM, is_ts, map_of, maps_of, text_of

if TYPE_CHECKING:
    from vigilbot.chat.base import TicketRequest
    from vigilbot.chat.slack.payload import Payload
    from vigilbot.models import AlertAnswerKind

KINDS: dict[str, AlertAnswerKind] = {LIKE: "like", DISLIKE: "dislike", OPEN: "opened"}
REQUESTS: dict[str, TicketRequest] = {SPLIT: "split", TELL: "tell"}
LONGEST_NOTE = 2_000


class _Opened(NamedTuple):
    """From which alert a form was opened."""

    alert_id: str
    place: Place


def alert_event(body: Payload, now: float) -> AlertAnswered | TicketAsked | None:
    """What a click or a submitted form says about an alert; None when it is about something else."""
    if text_of(body, "type") == "view_submission":
        return _submitted(body, now)
    for action in maps_of(body, "actions"):
        name, value, at = text_of(action, "action_id"), text_of(action, "value"), text_of(action, "action_ts")
        if name in KINDS or name in REQUESTS:
            return _clicked(body, name, value, at)
    return None


def _clicked(body: Payload, name: str, value: str, at: str) -> AlertAnswered | TicketAsked | None:
    user, place = text_of(map_of(body, "user"), "id"), _place_of(body)
    if not (value and user and place and is_ts(at)):
        return None
    event_id = f"{place.channel}:{place.thread}:{name}:{value}:{user}:{at}"
    if name in KINDS:
        return AlertAnswered(event_id, place, value, KINDS[name], user, float(at))
    return TicketAsked(event_id, place, REQUESTS[name], value, user, float(at))


def _submitted(body: Payload, now: float) -> AlertAnswered | None:
    view, user = map_of(body, "view"), text_of(map_of(body, "user"), "id")
    opened = _opened_from(view)
    if text_of(view, "callback_id") != DISLIKE_FORM or not opened or not user:
        return None
    values = map_of(map_of(view, "state"), "values")
    chosen = map_of(map_of(map_of(values, CATEGORY), CATEGORY), "selected_option")
    note = text_of(map_of(map_of(values, NOTE), NOTE), "value")[:LONGEST_NOTE]
    event_id = f"{opened.alert_id}:why:{user}:{text_of(view, 'id')}"
    category = text_of(chosen, "value") or None
    return AlertAnswered(event_id, opened.place, opened.alert_id, "dislike", user, now, category=category, note=note)


def _place_of(body: Payload) -> Place | None:
    """Where the alert stands: that of the clicked message, or what the form remembers."""
    if opened := _opened_from(map_of(body, "view")):
        return opened.place
    message, container = map_of(body, "message"), map_of(body, "container")
    channel = text_of(map_of(body, "channel"), "id") or text_of(container, "channel_id")
    ts = text_of(message, "thread_ts") or text_of(message, "ts") or text_of(container, "message_ts")
    return Place(PLATFORM, channel, ts) if channel and is_ts(ts) else None


def _opened_from(view: Payload) -> _Opened | None:
    try:
        known = json.loads(text_of(view, "private_metadata") or "null")
    except (ValueError, RecursionError):
        return None
    if not isinstance(known, dict):
        return None
    alert_id, channel, ts = (text_of(known, key) for key in ("alert_id", "channel", "ts"))
    return _Opened(alert_id, Place(PLATFORM, channel, ts)) if alert_id and channel and is_ts(ts) else None
