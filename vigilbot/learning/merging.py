"""No swamp: a pair near one that is known becomes that one's next version instead of a second entry."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from vigilbot.embedding.likeness import SAME_ANSWER, likeness, same_question
from vigilbot.errors import NotFound
from vigilbot.storage.entries import Content

if TYPE_CHECKING:
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.models import Audience, Entry
    from vigilbot.storage.entries import NewVersion
    from vigilbot.storage.lessons import EntryChange, StoredLesson

NEAREST = 5


class Addition(NamedTuple):
    """A pair on its way into the knowledge base, and what that does to it."""

    version: NewVersion
    change: EntryChange


async def merged(fresh: NewVersion, before: StoredLesson | None, knowledge: LocalKnowledge) -> Addition | None:
    """A new entry, or the next version of the one that says the same or was contradicted; None if nothing changes.

    What this very question taught before is replaced; of other learnt pairs, one with the same question: with the
    same answer it keeps its words and gains an origin, with another answer the newer one counts.
    """
    own = await _taught_before(before, knowledge)
    known = own or await asking_the_same(fresh.content.question, fresh.shelf.audience, knowledge)
    if known is None:
        return Addition(fresh, "added")
    if await _same_answer(fresh.content, known, knowledge):
        kept = Content(known.title, known.text, known.source, known.question)
        return None if own else Addition(replace(fresh, id=known.id, content=kept), "merged")
    return Addition(replace(fresh, id=known.id), "replaced")


def new_entry_id(session_id: str, message_id: str, number: int) -> str:
    """The same however often the same question is looked at: a job that runs twice adds nothing twice."""
    place = "\0".join((session_id, message_id, str(number)))
    return hashlib.blake2b(place.encode("utf-8", "replace"), digest_size=8).hexdigest()


async def _taught_before(before: StoredLesson | None, knowledge: LocalKnowledge) -> Entry | None:
    """The entry that an earlier look at the same question has written, unless somebody has changed it since."""
    for effect in before.entries if before else ():
        try:
            entry = await knowledge.get(effect.entry_id)
        except NotFound:
            continue
        if effect.change in ("added", "replaced") and entry.version == effect.version and entry.status != "retired":
            return entry
    return None


async def asking_the_same(question: str, audience: Audience, knowledge: LocalKnowledge) -> Entry | None:
    """The learnt pair of this audience that asks the same, if there is one in use."""
    near = await knowledge.nearest_pairs(question, audience, NEAREST)
    if not near:
        return None
    asked, *others = await knowledge.embedder.embed([question, *(entry.question for entry in near)])
    return next(
        (
            entry
            for entry, vector in zip(near, others, strict=True)
            if same_question(question, asked, entry.question, vector)
        ),
        None,
    )


async def _same_answer(content: Content, known: Entry, knowledge: LocalKnowledge) -> bool:
    one, other = await knowledge.embedder.embed([content.text, known.text])
    return likeness(content.text, one, known.text, other) >= SAME_ANSWER
