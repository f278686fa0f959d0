"""The modals: edit a suggestion, say something about a turn, fill a gap, choose a delivery. Shown and read back here.

Limits: 24 characters of a title, 75 of an option, 3,000 of a section or an input's initial value; 100 blocks a view.
Shapes: docs.slack.dev/reference/views/modal-views, …/reference/interaction-payloads/view-interactions-payload.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast, get_args

from vigilbot.chat.analysts import Answers
from vigilbot.chat.slack.payload import Payload, map_of, maps_of, text_of
from vigilbot.chat.slack.private import plain_text, text_section
from vigilbot.chat.slack.text import shortened
from vigilbot.models import DeliveryMode, PreferenceGrade, RelevanceGrade, Side, Use, UseReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.chat.analysts import Form, Offer
    from vigilbot.chat.slack.blocks import Block
    from vigilbot.models import Gap

EDITED, ANNOTATED, GAP_FILLED, DELIVERY_CHOSEN = (
    "vigil_edited",
    "vigil_annotated",
    "vigil_gap_filled",
    "vigil_delivery_chosen",
)
INPUT = "value"
"""The action id of every input; the block id says which one it is."""
TEXT, USE, REASONS, PREFERENCE, LACKING, NOTE = "text", "use", "reasons", "preference", "lacking", "note"
QUESTION, LINK, CHANNEL, MODE = "question", "link", "channel", "mode"
PASSAGE = "passage_"
INPUT_LIMIT = 3_000
LABEL_LIMIT = 150
MOST_PASSAGES = 10

USES: dict[Use, str] = {"used": "Used as it was", "edited": "Used after editing", "unused": "Not used"}
WHY: dict[UseReason, str] = {
    "wrong_topic": "Off the topic",
    "wrong": "Wrong",
    "outdated": "Out of date",
    "incomplete": "Incomplete",
    "too_long": "Too long",
    "unclear": "Unclear",
    "too_late": "Too late",
    "other": "Something else",
}
GRADES: dict[RelevanceGrade, str] = {"relevant": "Relevant", "partly": "Partly", "not_relevant": "Not relevant"}
BETTER: dict[PreferenceGrade, str] = {
    "significantly_better": "is significantly better",
    "better": "is better",
    "slightly_better": "is slightly better",
}
MODES: dict[DeliveryMode, str] = {
    "proactive": "Cards in the thread",
    "suggest": "Suggestions to analysts",
    "shadow": "Stored, shown to nobody",
}


def edit_modal(offer: Offer) -> Block:
    field = _text_input(initial=offer.suggestion.text, multiline=True)
    blocks = [text_section(f"For: {offer.question}"), _input(TEXT, "What is posted", field)]
    return _modal(EDITED, "Edit and post", "Post to thread", blocks, {"id": offer.suggestion.id})


def annotation_modal(form: Form) -> Block:
    """Every input is optional; who leaves all of them empty is told so."""
    blocks = [text_section(f"Question: {form.question}")]
    if form.answer:
        blocks.append(text_section(f"Answer: {form.answer}"))
        if form.asks_use:
            blocks.append(_input(USE, "What became of it?", _choice("radio_buttons", USES)))
        blocks.append(_input(REASONS, "What was wrong with it?", _choice("checkboxes", WHY)))
    for passage in form.passages[:MOST_PASSAGES]:
        blocks.append(text_section(f"[{passage.number}] {passage.title}\n{passage.excerpt}"))
        blocks.append(_input(f"{PASSAGE}{passage.number}", "This passage was", _choice("static_select", GRADES)))
    if form.candidates:
        left, right = form.candidates
        blocks += [text_section(f"A: {left}"), text_section(f"B: {right}")]
        blocks.append(_input(PREFERENCE, "Which answer is better?", _choice("static_select", _preferences())))
    blocks.append(_input(LACKING, "What was lacking in my sources?", _text_input(multiline=True)))
    blocks.append(_input(NOTE, "Anything else", _text_input(multiline=True)))
    meta = {"id": form.turn_id, "shown_at": form.shown_at}
    return _modal(ANNOTATED, "Your word on this", "Send", blocks, meta)


def gap_modal(gap: Gap) -> Block:
    blocks = [
        text_section(f"Lacking: {gap.lacking}"),
        _input(QUESTION, "Question", _text_input(initial=gap.question)),
        _input(TEXT, "Answer", _text_input(multiline=True)),
        _input(LINK, "Or a page that has it", _text_input()),
    ]
    return _modal(GAP_FILLED, "Fill this gap", "Save", blocks, {"id": gap.id})


def delivery_modal() -> Block:
    channel = {"type": "channels_select", "action_id": INPUT, "placeholder": plain_text("Choose a channel")}
    blocks = [_input(CHANNEL, "Channel", channel), _input(MODE, "Answers are", _choice("static_select", MODES))]
    return _modal(DELIVERY_CHOSEN, "Who sees answers", "Save", blocks, {})


def meta_of(view: Payload) -> Mapping[str, Any]:
    """What the modal was opened for; Slack gives back unchanged what we gave it."""
    try:
        meta = json.loads(text_of(view, "private_metadata") or "{}")
    except (ValueError, RecursionError):
        return {}
    return meta if isinstance(meta, dict) else {}


def written(view: Payload, block: str) -> str:
    return text_of(_value(view, block), "value")


def chosen(view: Payload, block: str) -> str:
    """The value of a select or radio input, or the id of a chosen channel; empty when nothing was."""
    value = _value(view, block)
    return text_of(map_of(value, "selected_option"), "value") or text_of(value, "selected_channel")


def answers_of(view: Payload) -> Answers:
    """An annotation modal as it was filled in; what is off the menu counts as left out."""
    shown_at = meta_of(view).get("shown_at")
    side, _, grade = chosen(view, PREFERENCE).rpartition(":")
    options = maps_of(_value(view, REASONS), "selected_options")
    passages = {number: chosen(view, f"{PASSAGE}{number}") for number in range(1, MOST_PASSAGES + 1)}
    return Answers(
        use=use if (use := chosen(view, USE)) in USES else None,
        reasons=tuple(name for option in options if (name := text_of(option, "value")) in WHY),
        note=written(view, NOTE),
        relevance={number: said for number, said in passages.items() if said in GRADES},
        grade=cast("PreferenceGrade", grade) if grade in get_args(PreferenceGrade) else None,
        preferred=cast("Side", side) if side in get_args(Side) else None,
        lacking=written(view, LACKING),
        shown_at=shown_at if isinstance(shown_at, float) else None,
    )


def _preferences() -> dict[str, str]:
    """Seven options: which side, and by how much."""
    left = {f"left:{grade}": f"A {words}" for grade, words in BETTER.items()}
    right = {f"right:{grade}": f"B {words}" for grade, words in reversed(BETTER.items())}
    return {**left, ":tie": "Neither: they are as good as each other", **right}


def _value(view: Payload, block: str) -> Payload:
    return map_of(map_of(map_of(map_of(view, "state"), "values"), block), INPUT)


def _modal(callback: str, title: str, submit: str, blocks: list[Block], meta: Mapping[str, object]) -> Block:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain_text(title),
        "submit": plain_text(submit),
        "close": plain_text("Cancel"),
        "private_metadata": json.dumps(meta),
        "blocks": blocks,
    }


def _input(block: str, label: str, element: Block) -> Block:
    shown = plain_text(shortened(label, LABEL_LIMIT))
    return {"type": "input", "block_id": block, "optional": True, "label": shown, "element": element}


def _text_input(*, initial: str = "", multiline: bool = False) -> Block:
    given = {"initial_value": shortened(initial, INPUT_LIMIT)} if initial else {}
    return {"type": "plain_text_input", "action_id": INPUT, "multiline": multiline, **given}


def _choice(kind: str, options: Mapping[Any, str]) -> Block:
    return {
        "type": kind,
        "action_id": INPUT,
        "options": [{"text": plain_text(label), "value": value} for value, label in options.items()],
    }
