"""An alert as Block Kit: the card, what is said in its thread, and the two forms that open from it.

Limits as in blocks.py; a modal's title has 24 characters, its private_metadata 3,000, a select's option 75
(docs.slack.dev/reference/views, …/block-kit/block-elements). What people wrote stands in rich text or plain text, which
Slack never parses, so an alert can call nobody but its own user group.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from vigilbot.chat.slack.blocks import Block, marker
from vigilbot.chat.slack.richtext import Element, link, run, section
from vigilbot.chat.slack.text import escaped, shortened
from vigilbot.safety.outgoing import without_mentions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigilbot.models import Affected, Alert, AlertCard

LIKE, DISLIKE, OPEN = "vigil_alert_like", "vigil_alert_dislike", "vigil_alert_open"
LINKED, SPLIT, TELL = "vigil_alert_linked", "vigil_alert_split", "vigil_alert_tell"
DISLIKE_FORM = "vigil_alert_why"
CATEGORY, NOTE = "category", "note"

HEADER_LIMIT = 150
STATEMENT_LIMIT = 2_000
QUOTE_LIMIT = 700
QUOTES = 4
OPTION_LIMIT = 75
OPTIONS = 100
TITLE_LIMIT = 120
THREADS = 24
SECTION_LIMIT = 2_900
URL_LIMIT = 1_000
FALLBACK_LIMIT = 500


def alert_blocks(card: AlertCard, group: str | None = None, delivery_id: str | None = None) -> list[Block]:
    """The card; `group` is the id of the user group it calls."""
    alert = card.alert
    sign = "✅ Closed" if card.closed else "🚨 Alert"
    called = [{"type": "usergroup", "usergroup_id": group}, run(" ")] if group else []
    statement = run(shortened(card.statement, STATEMENT_LIMIT) or "No statement")
    quotes = [_quote(text) for text in alert.evidence[:QUOTES] if text.strip()]
    return [
        {
            "type": "header",
            "block_id": marker(delivery_id or alert.id),
            "text": _plain(shortened(f"{sign}: {alert.category.replace('_', ' ')}", HEADER_LIMIT)),
        },
        {"type": "rich_text", "elements": [section(*called, statement), *quotes]},
        {"type": "rich_text", "elements": [section(*_facts(card))]},
        {"type": "actions", "elements": _buttons(card)},
    ]


def alert_fallback(card: AlertCard) -> str:
    """What notifications show."""
    name = card.alert.category.replace("_", " ")
    return escaped(shortened(f"{'Closed' if card.closed else 'Alert'}, {name}: {card.statement}", FALLBACK_LIMIT))


def reply_blocks(card: AlertCard, text: str, delivery_id: str, *, offers: bool) -> list[Block]:
    """A sentence in the alert's thread, with links to the latest threads, and perhaps the button that tells them."""
    named = card.linked[-3:]
    lines = [piece for one in named for piece in (run("\n"), _thread(one))]
    said: Block = {
        "type": "rich_text",
        "block_id": marker(delivery_id),
        "elements": [section(run(text), *lines)],
    }
    if not offers:
        return [said]
    button = {
        **_button(TELL, "Tell the linked threads", card.alert.session_id),
        "style": "primary",
        "confirm": {
            "title": _plain("Tell them?"),
            "text": _plain("Each thread that is still open is told once that the problem is resolved."),
            "confirm": _plain("Tell them"),
            "deny": _plain("Not yet"),
        },
    }
    return [said, {"type": "actions", "elements": [button]}]


def why_form(card: AlertCard, metadata: str) -> dict[str, Any]:
    """Asks somebody who disagrees which category it should have been; both answers are optional."""
    options = [
        {"text": _plain(shortened(name.replace("_", " "), OPTION_LIMIT)), "value": name}
        for name in card.categories[:OPTIONS]
    ]
    return {
        "type": "modal",
        "callback_id": DISLIKE_FORM,
        "private_metadata": metadata,
        "title": _plain("What was wrong?"),
        "submit": _plain("Send"),
        "close": _plain("Skip"),
        "blocks": [
            {
                "type": "input",
                "block_id": CATEGORY,
                "optional": True,
                "label": _plain("It should have been"),
                "element": {"type": "static_select", "action_id": CATEGORY, "options": options},
            },
            {
                "type": "input",
                "block_id": NOTE,
                "optional": True,
                "label": _plain("Why"),
                "element": {"type": "plain_text_input", "action_id": NOTE, "multiline": True, "max_length": 2_000},
            },
        ],
    }


def linked_view(card: AlertCard, metadata: str) -> dict[str, Any]:
    """The threads of the incident, each with a button that takes it out."""
    shown = card.linked[-THREADS:]
    rows: list[Block] = []
    for one in shown:
        rows.append({"type": "rich_text", "elements": [section(_thread(one))]})
        rows.append({"type": "actions", "elements": [_button(SPLIT, "Another problem", one.session_id)]})
    left_out = len(card.linked) - len(shown)
    none = [_sentence("No other thread is linked to this ticket.")] if not shown else []
    rest = [_sentence(f"{left_out} earlier threads are not shown.")] if left_out else []
    return {
        "type": "modal",
        "private_metadata": metadata,
        "title": _plain("Linked tickets"),
        "close": _plain("Done"),
        "blocks": [*none, *rows, *rest],
    }


def metadata_of(alert: Alert, channel: str, ts: str) -> str:
    """What a form remembers of the alert it was opened from."""
    return json.dumps({"alert_id": alert.id, "channel": channel, "ts": ts})


def _facts(card: AlertCard) -> Iterable[Element]:
    customers, threads = card.customers, len(card.linked) + 1
    moment = datetime.fromtimestamp(card.first_seen, UTC)
    yield run(f"{customers} customer{'' if customers == 1 else 's'} in {threads} thread{'' if threads == 1 else 's'}")
    yield run(", first seen ")
    yield {
        "type": "date",
        "timestamp": int(card.first_seen),
        "format": "{date_short_pretty} {time}",
        "fallback": f"{moment:%Y-%m-%d %H:%M} UTC",
    }
    if card.likes or card.dislikes:
        yield run(f" · 👍 {card.likes} 👎 {card.dislikes}")


def _buttons(card: AlertCard) -> list[Element]:
    alert = card.alert
    opening = [{**_button(OPEN, "Open thread", alert.id), "url": card.link}] if _is_link(card.link) else []
    return [
        *opening,
        _button(LIKE, "👍 Right", alert.id),
        _button(DISLIKE, "👎 Wrong", alert.id),
        _button(LINKED, f"Linked tickets ({len(card.linked)})", alert.id),
    ]


def _button(action: str, text: str, value: str) -> Element:
    return {"type": "button", "action_id": action, "value": value, "text": _plain(text)}


def _thread(one: Affected) -> Element:
    title = shortened(" ".join(one.title.split()) or "Untitled", TITLE_LIMIT)
    return link(one.link, title) if _is_link(one.link) else run(title)


def _quote(text: str) -> Element:
    return {"type": "rich_text_quote", "elements": [run(shortened(" ".join(text.split()), QUOTE_LIMIT))]}


def _sentence(text: str) -> Block:
    return {"type": "section", "text": _plain(shortened(text, SECTION_LIMIT))}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": without_mentions(text), "emoji": True}


def _is_link(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= URL_LIMIT and not any(map(str.isspace, url))
