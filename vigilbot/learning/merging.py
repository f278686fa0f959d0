"""Merging: a pair near one that is known becomes that one's next version, so that entries do not pile up."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from vigilbot.embedding.likeness import SAME_ANSWER, likeness, same_pair
from vigilbot.errors import NotFound
from vigilbot.models import EVERYONE
from vigilbot.storage.entries import Content

if TYPE_CHECKING:
    from collections.abc import Collection

    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.models import Audience, Entry
    from vigilbot.storage.entries import NewVersion
    from vigilbot.storage.lessons import EntryChange, StoredLesson

NEAREST = 5
SAME_WORDS = 0.97
"""Likeness from which a question that was to be narrowed has not been."""


class Addition(NamedTuple):
    """A pair on its way into the knowledge base, and what that does to it."""

    version: NewVersion
    change: EntryChange


async def merged(
    fresh: NewVersion, before: StoredLesson | None, misled: Collection[str], knowledge: LocalKnowledge
) -> Addition | None:
    """A new entry, or the next version of the one that says the same or was contradicted; None if nothing changes.

    What this very question taught before is replaced. Of other learnt pairs, one that says the same keeps its words
    and gains an origin; one that asks the same, with another answer, gives way to the newer. `misled` are the entries
    whose question was narrowed: the general answer stays beside the special one.
    """
    own = await _taught_before(before, fresh.shelf.audience, knowledge)
    known = own or await same_pair_known(fresh.content, fresh.shelf.audience, knowledge, misled)
    if known is None:
        return Addition(fresh, "added")
    if await _answers_alike(fresh.content, known, knowledge) >= SAME_ANSWER:
        kept = Content(known.title, known.text, known.source, known.question)
        return None if own else Addition(replace(fresh, id=known.id, content=kept), "merged")
    return Addition(replace(fresh, id=known.id), "replaced")


async def same_pair_known(
    content: Content, audience: Audience, knowledge: LocalKnowledge, misled: Collection[str] = ()
) -> Entry | None:
    """The learnt pair of this audience, in use, that asks the same, or asks something like it with the same answer."""
    for known in await knowledge.nearest_pairs(content.question, audience, NEAREST):
        one, other = await knowledge.embedder.embed([content.question, known.question])
        questions = likeness(content.question, one, known.question, other)
        narrowed = known.id in misled and questions < SAME_WORDS
        if not narrowed and same_pair(questions, await _answers_alike(content, known, knowledge)):
            return known
    return None


def new_entry_id(session_id: str, message_id: str, number: int, audience: Audience = EVERYONE) -> str:
    """The same however often the same question is looked at: a job that runs twice adds nothing twice.

    Another one for each audience: an entry never changes whom it answers.
    """
    place = "\0".join((session_id, message_id, str(number), *([audience] if audience != EVERYONE else [])))
    return hashlib.blake2b(place.encode("utf-8", "replace"), digest_size=8).hexdigest()


async def _taught_before(before: StoredLesson | None, audience: Audience, knowledge: LocalKnowledge) -> Entry | None:
    """The entry an earlier look at the same question has written for this audience, if nobody has changed it since."""
    for effect in before.entries if before else ():
        try:
            entry = await knowledge.get(effect.entry_id)
        except NotFound:
            continue
        untouched = entry.version == effect.version and entry.status != "retired"
        if effect.change in ("added", "replaced") and untouched and entry.audience == audience:
            return entry
    return None


async def _answers_alike(content: Content, known: Entry, knowledge: LocalKnowledge) -> float:
    one, other = await knowledge.embedder.embed([content.text, known.text])
    return likeness(content.text, one, known.text, other)
