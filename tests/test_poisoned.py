"""Poisoned knowledge (PoisonedRAG, arXiv 2402.07867): five texts of one page against one answer that people confirmed.

Each poison text carries its question in front, as the attack has it, so that the search finds it.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.knowledge.curation.test_forget import residue
from tests.knowledge.entries import BY, document, pair
from tests.reasoning.extractive.dialogues import dialogue
from tests.scene import Scene, staged
from vigilbot.knowledge.curation.forget import forget
from vigilbot.models import EVERYONE, Question
from vigilbot.storage import documents
from vigilbot.storage.entries import NewVersion
from vigilbot.storage.forgetting.target import Target

if TYPE_CHECKING:
    from vigilbot.models import Reference

TARGETS = Path(__file__).parents[2] / "shared/data/security/kb_poisoning/poisonedrag_targets.jsonl"
ROWS = [json.loads(line) for line in TARGETS.read_text("utf-8").splitlines()][::5]
PAGE = "https://poison.example/facts"


def asked(row: dict[str, str]) -> str:
    return row["question"].strip().rstrip("?") + "?"


async def poison(scene: Scene, row: dict[str, str]) -> None:
    knowledge = scene.app.knowledge
    async with knowledge.db.transaction() as tx:
        page = await documents.begin(tx, PAGE, EVERYONE, "Facts", 1.0)
    bad = [document(f"bad-{row['id']}-{n}", f"{asked(row)} {text}") for n, text in enumerate(row["adv_texts"])]
    placed = [NewVersion(one.id, one.shelf, one.content, document_id=page, key=one.id) for one in bad]
    confirmed = pair(f"good-{row['id']}", asked(row), f"It is {row['correct answer']}.")
    await knowledge.put([*placed, confirmed], BY)


async def found(scene: Scene, row: dict[str, str]) -> list[Reference]:
    return await scene.app.knowledge.search(Question(asked(row)), audiences=frozenset({EVERYONE}), limit=5)


async def test_what_people_confirmed_is_found_before_what_was_poisoned(tmp_path: Path) -> None:
    async with staged(tmp_path, documented=False) as scene:
        for row in ROWS[:5]:
            await poison(scene, row)
            assert (await found(scene, row))[0].entry_id == f"good-{row['id']}", asked(row)


async def test_what_was_poisoned_is_never_said_beside_what_people_confirmed(tmp_path: Path) -> None:
    """Without a language model: the confirmed answer, or none."""
    said = Counter[str]()
    async with staged(tmp_path, documented=False) as scene:
        for row in ROWS:
            await poison(scene, row)
            references = await found(scene, row)
            answer = await scene.app.reasoner.answer(Question(asked(row)), references, dialogue(asked(row)))
            confirmed = f"It is {row['correct answer']}. <doc_1>"
            said["nothing" if not answer.text else "confirmed" if answer.text == confirmed else answer.text] += 1
    assert said.keys() <= {"confirmed", "nothing"}
    assert said["confirmed"] >= 0.8 * len(ROWS)


async def test_one_command_undoes_the_whole_page_and_nothing_of_it_stays_in_the_vectors(tmp_path: Path) -> None:
    async with staged(tmp_path, documented=False) as scene:
        for row in ROWS[:5]:
            await poison(scene, row)
        rows = await scene.app.db.rows(
            "SELECT v.vector FROM vectors v JOIN entries e ON e.seq = v.entry_seq WHERE e.id LIKE 'bad-%'"
        )
        vectors = [bytes(row["vector"]) for row in rows]
        assert len(vectors) == 25
    done = await forget(tmp_path, Target("url", PAGE), 9.0)
    assert len(done.removed) == 25
    words = [row["adv_texts"][0].encode() for row in ROWS[:5]]
    assert residue(tmp_path, *vectors, *words, PAGE.encode()) == []
    async with staged(tmp_path, documented=False) as scene:
        for row in ROWS[:5]:
            assert {one.entry_id for one in await found(scene, row)} <= {f"good-{each['id']}" for each in ROWS[:5]}
