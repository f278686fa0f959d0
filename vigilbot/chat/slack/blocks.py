"""A card as Block Kit, within every limit Slack sets on a message, whatever the answer is like.

The answer is a `rich_text` block (richtext.py says why not mrkdwn or `markdown`). Limits: 50 blocks a message,
150 characters a header, 75 a button, 2,000 a button's value, and about 13,200 characters of text in all, of which
TEXT_BUDGET is used. Sources: docs.slack.dev/reference/block-kit/blocks, …/methods/chat.postMessage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vigilbot.chat.slack.richtext import Element, link, rich_text, run, said, section, weight
from vigilbot.chat.slack.roles import is_user_id
from vigilbot.chat.slack.text import escaped, shortened
from vigilbot.safety.outgoing import gated, without_mentions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vigilbot.models import AnswerPart, Card, Source

Block = dict[str, Any]

METADATA = "vigilbot_delivery"
ACCEPT = "vigil_accept"
EXTRACTIVE = "extractive"

TEXT_BUDGET = 12_000
SOURCES_BUDGET = 4_000
FURNITURE = 800
"""Header, by-line, buttons and the small notes, at their longest."""
BLOCK_BUDGET = 3_000
FALLBACK_LIMIT = 2_000
QUESTION_LIMIT = 200
TITLE_LIMIT = 150
EXCERPT_LIMIT = 160
URL_LIMIT = 1_000
NAME_LIMIT = 80
PARTS_LIMIT = 20
SECTION_LIMIT = 3_000


def blocks(card: Card, delivery_id: str | None = None) -> list[Block]:
    """The card's blocks. `delivery_id` becomes the header's block id, which Slack keeps and nobody sees."""
    return [
        {
            "type": "header",
            "block_id": marker(delivery_id or card.id),
            "text": {"type": "plain_text", "text": "✨ AI-generated answer", "emoji": True},
        },
        _chosen(card.chosen_by) if card.chosen_by else byline(card.reasoner),
        *content(card),
        _accepted(card.accepted_by) if card.state == "accepted" else _accept_button(card.id),
    ]


def content(card: Card) -> list[Block]:
    """The answer and its sources: what a card and a suggestion have in common."""
    sources = list(_sources(card.sources))
    budget = TEXT_BUDGET - FURNITURE - sum(map(weight, sources))
    return [
        *_filled(_answer(card, budget)),
        *([{"type": "divider"}, *_filled(sources)] if sources else []),
    ]


def notice_blocks(text: str, delivery_id: str) -> list[Block]:
    """One plain sentence, with the delivery id where `find_posted` looks for it; Slack parses nothing in it."""
    said = {"type": "plain_text", "text": shortened(text, SECTION_LIMIT), "emoji": False}
    return [{"type": "section", "block_id": marker(delivery_id), "text": said}]


def fallback(card: Card) -> str:
    """What notifications and screen readers get: the start of the answer, escaped for mrkdwn."""
    words = said(_answer(card, TEXT_BUDGET)).strip()
    return "AI-generated answer: " + escaped(shortened(gated(words, (), ""), FALLBACK_LIMIT))


def marker(delivery_id: str) -> str:
    """The block id by which what was posted is found again where the host drops message metadata."""
    return f"vigil:{delivery_id}"[:255]


def posting_options(delivery_id: str) -> Block:
    """Arguments of every chat.postMessage: the id by which the message is found again, and no previews of links."""
    metadata = {"event_type": METADATA, "event_payload": {"delivery_id": delivery_id}}
    return {"metadata": metadata, "unfurl_links": False, "unfurl_media": False}


def carries(message: Block, delivery_id: str) -> bool:
    """Whether a message of a history is the one that was posted with this delivery id."""
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return payload.get("delivery_id") == delivery_id or any(
        block.get("block_id") == marker(delivery_id) for block in message.get("blocks") or []
    )


def byline(reasoner: str) -> Block:
    if reasoner == EXTRACTIVE:
        writer = "Written by the built-in extractive reasoner: quotes only, no language model."
    elif reasoner.startswith(EXTRACTIVE):
        writer = "Quoted by the built-in extractive reasoner, because the language model is unavailable."
    else:
        writer = f"Written by {shortened(reasoner, NAME_LIMIT)} from the sources below; no person has checked it."
    return {"type": "context", "elements": [{"type": "plain_text", "text": without_mentions(writer), "emoji": False}]}


def _answer(card: Card, budget: int) -> Iterator[Element]:
    links = frozenset(source.url for source in card.sources if _is_link(source.url))
    parts = card.parts[:PARTS_LIMIT]
    share = budget // max(1, len(parts)) - QUESTION_LIMIT
    for part in parts:
        yield from _part(part, links, share, with_question=len(card.parts) > 1)
    if left_out := len(card.parts) - len(parts):
        yield _note(f"{left_out} further questions are left out here; please ask them one by one.")


def _part(part: AnswerPart, links: frozenset[str], limit: int, *, with_question: bool) -> Iterator[Element]:
    question = shortened(" ".join(part.question.split()), QUESTION_LIMIT)
    if part.refused:
        about = f"“{question}”" if question else "this"
        yield _note(f"No answer to {about}: my sources do not cover it reliably.")
        return
    if with_question and question:
        yield section(run(gated(question, (), ""), bold=True), run("\n"))
    yield from _within(part.text, links, limit)


def _within(text: str, links: frozenset[str], limit: int) -> Iterator[Element]:
    """The answer, cut until it fits: how much room its marks and links take shows only once it is written out."""
    allowed = limit
    source = shortened(text, allowed)
    elements = rich_text(source, links)
    while (used := sum(map(weight, elements))) > limit:
        allowed = allowed * limit // used
        source = shortened(text, max(allowed, 1))
        elements = rich_text(source, links)
    yield from elements
    if source != text:
        yield _note("Shortened to fit into one message; the sources have it in full.")


def _note(text: str) -> Element:
    return section(run(gated(text, (), ""), italic=True), run("\n"))


def _sources(sources: Iterable[Source]) -> Iterator[Element]:
    """One line a source, as many as fit; at least the numbers of the rest are named."""
    left, hidden = SOURCES_BUDGET, []
    heading = section(run("Sources", bold=True), run("\n"))
    for source in sources:
        element = _source(source)
        left -= weight(element)
        if left < 0:
            hidden.append(f"[{source.number}]")
            continue
        if heading:
            yield heading
            heading = {}
        yield element
    if hidden:
        yield _note(shortened(f"{len(hidden)} more do not fit here: {' '.join(hidden)}", QUESTION_LIMIT))


def _source(source: Source) -> Element:
    title = shortened(" ".join(source.title.split()) or "Untitled", TITLE_LIMIT)
    if _is_link(source.url):
        # A page's title is its author's: it must not read like another address.
        shown = gated(title, (source.url,), "") or "Untitled"
        return section(run(f"[{source.number}] "), link(source.url, shown), run("\n"))
    excerpt = shortened(" ".join(source.excerpt.split()), EXCERPT_LIMIT)
    words = f"[{source.number}] {title}" + (f" — “{excerpt}”" if excerpt else "")
    return section(run(gated(words, (), "")), run("\n"))


def _is_link(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= URL_LIMIT and not any(map(str.isspace, url))


def _filled(elements: Iterable[Element]) -> Iterator[Block]:
    """Rich-text blocks of at most BLOCK_BUDGET each."""
    filling: list[Element] = []
    used = 0
    for element in elements:
        if filling and used + weight(element) > BLOCK_BUDGET:
            yield {"type": "rich_text", "elements": filling}
            filling, used = [], 0
        filling.append(element)
        used += weight(element)
    if filling:
        yield {"type": "rich_text", "elements": filling}


def _accept_button(card_id: str) -> Block:
    button = {
        "type": "button",
        "action_id": ACCEPT,
        "style": "primary",
        "value": card_id,
        "text": {"type": "plain_text", "text": "Accept", "emoji": False},
        "accessibility_label": "Accept this answer: it solved the question",
    }
    return {"type": "actions", "elements": [button]}


def _accepted(user: str | None) -> Block:
    """A user element shows the name and, in an updated message, notifies nobody."""
    return {"type": "rich_text", "elements": [section(run("✅ Accepted by "), _person(user))]}


def _chosen(analyst: str) -> Block:
    """Names the one person who has just clicked, so it notifies nobody else."""
    return {
        "type": "rich_text",
        "elements": [section(run("Suggested by vigilbot; looked at and posted by "), _person(analyst))],
    }


def _person(user: str | None) -> Element:
    return {"type": "user", "user_id": user} if user and is_user_id(user) else run(user or "somebody")
