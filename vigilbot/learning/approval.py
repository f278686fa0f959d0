"""An analyst approves what a session taught (VIGIL_LEARNING=approve): only now it meets what is known already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.knowledge.curation import curating
from vigilbot.learning.merging import same_pair_known
from vigilbot.storage.entries import Content

if TYPE_CHECKING:
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.models import Entry
    from vigilbot.storage.entries import Change


async def approve(knowledge: LocalKnowledge, entry_id: str, by: Change) -> Entry:
    """Take a pending entry into use; a learnt pair that says the same is retired, and its origins live on in this one.

    Raises NotFound, EntryConflict.
    """
    pending = await knowledge.get(entry_id)
    said = Content(pending.title, pending.text, pending.source, pending.question)
    older = await same_pair_known(said, pending.audience, knowledge) if pending.kind == "qa" else None
    if older is None:
        return await curating.approve(knowledge, entry_id, by)
    [latest, *_] = await knowledge.history(older.id)
    approved = await curating.approve(knowledge, entry_id, replace(by, origins=(*by.origins, *latest.origins)))
    await knowledge.retire([older.id], replace(by, why=f"{approved.id} says it now: {by.why}"))
    return approved
