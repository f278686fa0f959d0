"""Turns as the chat messages of the live prompt, so that a model tuned on them meets in use what it has learnt from.

The reply has the shape that `prompts/answer.md` asks for. Its reasoning names the passages that are cited; nobody has
written down more than that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from vigilbot.reasoning.prompted import prompts
from vigilbot.reasoning.prompted.tools import shown_findings
from vigilbot.reasoning.prompted.transcript import fair_share, passages, transcript
from vigilbot.reasoning.prompted.turn_outputs import with_plain_citations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vigilbot.models import Dialogue, Source, Turn

Chat = list[dict[str, str]]

CHARACTERS = 24_000
"""Of untrusted text in one prompt: what fits a model of 8,000 tokens."""
MARK = re.compile(r"\[(\d{1,3})\]")
CITED = re.compile(r"<(?:doc|tool)_\d+>")


def asked(turn: Turn, dialogue: Dialogue) -> Chat:
    """System and user message of the live prompt, with the turn's question as the only one. Raises PromptError."""
    shown = transcript(dialogue, CHARACTERS)
    question = turn.question.text if turn.question else dialogue.turn_text
    fair = fair_share(CHARACTERS, len(turn.references) + len(turn.findings))
    values: Mapping[str, object] = {
        "omitted": shown.omitted,
        "history": shown.history,
        "turn": shown.turn,
        "questions": [question],
        "references": passages(turn.references, fair),
        "findings": shown_findings(turn.findings, fair),
        "pictures_seen": 0,
        "pictures_unseen": 0,
        "complaint": "",
    }
    system, user = prompts.load("answer").render(values)
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def reply(text: str) -> Chat:
    """The assistant's message: one answer with its citations, in the JSON that the live prompt asks for."""
    plain = with_plain_citations(text)
    fitting = ", ".join(dict.fromkeys(CITED.findall(plain)))
    said = {
        "reasoning": f"Fitting: {fitting}." if fitting else "",
        "answers": [{"question": 1, "refused": False, "text": plain}],
    }
    return [{"role": "assistant", "content": orjson.dumps(said).decode()}]


def cited(text: str, sources: Sequence[Source], turn: Turn) -> str:
    """A card's text with `<doc_n>` or `<tool_n>` again where it has `[k]`; a mark that nothing explains is dropped."""
    places = {reference.entry_id: f"<doc_{n}>" for n, reference in enumerate(turn.references, 1)}
    tools = {f"Tool {finding.title}": f"<tool_{n}>" for n, finding in enumerate(turn.findings, 1)}
    citations = {
        source.number: places.get(source.entry_id, "") if source.entry_id else tools.get(source.title, "")
        for source in sources
    }
    return MARK.sub(lambda found: citations.get(int(found[1]), ""), text)
