"""Forgetting what was quoted: turns keep the passages they found, cards their excerpts and the answer made of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vigilbot.storage.rows import to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping, Sequence

    import aiosqlite

    from vigilbot.storage.forgetting.target import Fate

FORGOTTEN = "(forgotten)"


async def forget_quotes(tx: aiosqlite.Connection, fates: Sequence[Fate]) -> None:
    """Blank forgotten versions wherever a turn found them, and the answers and cards of those turns."""
    versions = {fate.id: fate.forgotten for fate in fates}
    rows = await tx.execute_fetchall(
        """SELECT DISTINCT t.id, t.refs FROM turns t, json_each(t.refs) r
           WHERE json_extract(r.value, '$.entry_id') IN (SELECT value FROM json_each(?))""",
        (json.dumps(list(versions)),),
    )
    quoting = [row for row in rows if any(_is_forgotten(ref, versions) for ref in json.loads(row["refs"]))]
    await tx.executemany(
        "UPDATE turns SET refs = ? WHERE id = ?", [(_blanked_references(row, versions), row["id"]) for row in quoting]
    )
    await forget_answers(tx, [row["id"] for row in quoting], questions=False)
    await tx.executemany(
        "DELETE FROM card_sources WHERE entry_id = ?", [(fate.id,) for fate in fates if fate.back_to is None]
    )


async def forget_answers(tx: aiosqlite.Connection, turn_ids: Collection[str], *, questions: bool) -> None:
    """Blank what these turns answered, in the turn, its card and the model's replies; with `questions` those too."""
    wanted = (json.dumps(sorted(turn_ids)),)
    inside = "IN (SELECT value FROM json_each(?))"
    for row in await tx.execute_fetchall(f"SELECT id, answer FROM turns WHERE answer <> '' AND id {inside}", wanted):  # noqa: S608 - a constant
        answer = json.loads(row["answer"])
        blanked = {**answer, "parts": _blanked_parts(answer["parts"], questions)}
        await tx.execute("UPDATE turns SET answer = ? WHERE id = ?", (to_json(blanked), row["id"]))
    for row in await tx.execute_fetchall(f"SELECT id, parts, sources FROM cards WHERE turn_id {inside}", wanted):  # noqa: S608 - as above
        sources = [{**source, "title": FORGOTTEN, "url": "", "excerpt": ""} for source in json.loads(row["sources"])]
        await tx.execute(
            "UPDATE cards SET parts = ?, sources = ?, vector = zeroblob(length(vector)) WHERE id = ?",
            (to_json(_blanked_parts(json.loads(row["parts"]), questions)), to_json(sources), row["id"]),
        )
    for row in await tx.execute_fetchall(f"SELECT id, parts, sources FROM suggestions WHERE turn_id {inside}", wanted):  # noqa: S608 - as above
        sources = [{**source, "title": FORGOTTEN, "url": "", "excerpt": ""} for source in json.loads(row["sources"])]
        parts = _blanked_parts(json.loads(row["parts"]), questions)
        await tx.execute(
            "UPDATE suggestions SET parts = ?, sources = ? WHERE id = ?", (to_json(parts), to_json(sources), row["id"])
        )
    for table in ("annotations", "alternatives"):  # they hold the words they are about
        await tx.execute(f"DELETE FROM {table} WHERE turn_id {inside}", wanted)  # noqa: S608 - as above
    blank = f"question = '{FORGOTTEN}', lacking = '{FORGOTTEN}'"
    await tx.execute(f"UPDATE gaps SET {blank} WHERE turn_id {inside}", wanted)  # noqa: S608 - as above
    await tx.execute(f"UPDATE model_calls SET output = '' WHERE turn_id {inside}", wanted)  # noqa: S608 - as above


def _blanked_references(row: sqlite3.Row, versions: Mapping[str, frozenset[int]]) -> str:
    blank = {"title": FORGOTTEN, "text": "", "source": "", "question": ""}
    return to_json([ref | blank if _is_forgotten(ref, versions) else ref for ref in json.loads(row["refs"])])


def _is_forgotten(reference: Mapping[str, Any], versions: Mapping[str, frozenset[int]]) -> bool:
    return reference["version"] in versions.get(reference["entry_id"], ())


def _blanked_parts(parts: Sequence[Mapping[str, Any]], questions: bool) -> list[dict[str, Any]]:
    return [{**part, "text": FORGOTTEN, "question": "" if questions else part["question"]} for part in parts]
