"""What one analyst is shown and nobody else: a suggestion with its buttons, and a request for an annotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.chat.slack.blocks import byline, content
from vigilbot.chat.slack.text import shortened
from vigilbot.models import Card
from vigilbot.safety.outgoing import without_mentions

if TYPE_CHECKING:
    from vigilbot.chat.analysts import Form, Offer
    from vigilbot.chat.slack.blocks import Block

POST, EDIT, DECLINE = "vigil_post", "vigil_edit", "vigil_decline"
ANNOTATE, SNOOZE = "vigil_annotate", "vigil_snooze"

ONLY_YOU = "Suggestion: only analysts see it"
QUESTION_LIMIT = 300
SECTION_LIMIT = 2_900


def suggestion_blocks(offer: Offer) -> list[Block]:
    """The answer as a card would show it, and what an analyst can do with it."""
    suggestion = offer.suggestion
    as_card = Card(
        id=suggestion.id,
        session_id=suggestion.session_id,
        turn_id=suggestion.turn_id,
        parts=suggestion.parts,
        sources=suggestion.sources,
        reasoner=suggestion.reasoner,
        state="queued",
        created_at=suggestion.created_at,
    )
    choices = [
        button(POST, "Post to thread", suggestion.id, primary=True),
        button(EDIT, "Edit and post", suggestion.id),
        button(DECLINE, "Not useful", suggestion.id),
    ]
    asking = annotation_buttons(suggestion.turn_id) if offer.asked else []
    return [
        {"type": "header", "text": plain_text(ONLY_YOU)},
        note(f"For: {offer.question}"),
        byline(suggestion.reasoner),
        *content(as_card),
        {"type": "actions", "elements": [*choices, *asking]},
    ]


def request_blocks(form: Form) -> list[Block]:
    """Ask for a word on a turn; nothing of the customer's is repeated beyond the question."""
    asked = "I answered" if form.answer else "I found no answer to"
    return [
        text_section(
            f"Only you see this, and it is optional. {asked} “{shortened(form.question, QUESTION_LIMIT)}”. How was it?"
        ),
        {"type": "actions", "elements": annotation_buttons(form.turn_id)},
    ]


def said_blocks(text: str, turn_id: str = "") -> list[Block]:
    """What a click has led to; with a turn, and the offer to say why."""
    more = [{"type": "actions", "elements": [button(ANNOTATE, "Say why…", turn_id)]}] if turn_id else []
    return [text_section(text), *more]


def annotation_buttons(turn_id: str) -> list[Block]:
    return [button(ANNOTATE, "Give feedback…", turn_id), button(SNOOZE, "Not today", turn_id)]


def button(action_id: str, label: str, value: str, *, primary: bool = False) -> Block:
    style = {"style": "primary"} if primary else {}
    return {"type": "button", "action_id": action_id, "text": plain_text(label), "value": value, **style}


def text_section(text: str) -> Block:
    return {"type": "section", "text": plain_text(shortened(text, SECTION_LIMIT))}


def note(text: str) -> Block:
    return {"type": "context", "elements": [plain_text(shortened(text, QUESTION_LIMIT))]}


def plain_text(text: str) -> Block:
    """Slack parses nothing in it."""
    return {"type": "plain_text", "text": without_mentions(text) or "…", "emoji": False}
