"""What was read from files that are no longer there is taken out of use, when an admin asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vigilbot.errors import IngestError
from vigilbot.knowledge.ingest.planning import WHO
from vigilbot.storage import documents, entries
from vigilbot.storage.entries import Change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigilbot.knowledge.ingest.report import IngestReport
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.models import Audience

ENTRIES_AT_ONCE = 500


async def prune(
    knowledge: LocalKnowledge, roots: Iterable[str], found: set[str], audience: Audience, report: IngestReport
) -> None:
    """Retire the entries of every document below `roots` whose file does not exist any more.

    `found` are the locations of the files that were just read. Raises IngestError when it cannot be told whether a
    file exists.
    """
    by = Change(WHO, "its file is gone", knowledge.clock.now())
    for root in roots:
        for document in await documents.below(knowledge.db, root, audience):
            if document.location in found or _exists(document.location):
                continue
            known = await entries.of_document(knowledge.db, document.id)
            ids = [entry.id for entry in known.values() if entry.status != "retired"]
            for start in range(0, len(ids), ENTRIES_AT_ONCE):
                report.retired += len(await knowledge.retire(ids[start : start + ENTRIES_AT_ONCE], by))
            async with knowledge.db.transaction() as tx:
                await documents.reopen(tx, document.id)
            report.pruned += 1


def _exists(location: str) -> bool:
    try:
        return Path(location).exists()
    except OSError as error:
        raise IngestError(
            f"{location}: cannot be looked for ({error.strerror or error}); nothing more is pruned"
        ) from None
