"""From stored annotations to a model that serves: `train`, `use`, the next question, and the commands around it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.flywheel.training.jargon import ALL, NICKNAMES, TASKS, furnish, marked
from tests.test_cli import refused, vigilbot
from vigilbot.flywheel.training import switching
from vigilbot.flywheel.training.training import Order, train
from vigilbot.knowledge.tuned import files
from vigilbot.models import (
    EVERYONE,
    Annotation,
    Judged,
    Question,
    Relevance,
    Session,
    Turn,
)
from vigilbot.storage import annotations as stored
from vigilbot.storage import sessions, trained, turns
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.flywheel.training.examples import Example
    from vigilbot.knowledge.local import LocalKnowledge


async def store(db: Database, example: Example) -> None:
    """A session whose one turn an analyst has judged."""
    judged = tuple(
        Judged(number, mark.entry_id, 1, "relevant" if mark.worth else "not_relevant")
        for number, mark in enumerate(example.marks, 1)
    )
    session = Session(example.session_id, "console", "room", example.session_id, "?", "closed", 1.0, active_at=1.0)
    said = Annotation(
        f"a-{example.id}", session.id, example.id, "ann", EVERYONE, Relevance(judged), True, 2.0, made_at=3.0
    )
    async with db.transaction() as tx:
        await sessions.save(tx, session)
        await turns.open_turn(tx, Turn(example.id, session.id, (), 1.0))
        ended = Turn(example.id, session.id, (), 1.0, question=example.question, outcome="refused", ended_at=2.0)
        await turns.end_turn(tx, ended)
        await stored.add(tx, said)


async def test_from_annotations_to_a_better_answer_to_the_next_question(knowledge: LocalKnowledge) -> None:
    await furnish(knowledge)
    for example in await marked(knowledge):
        await store(knowledge.db, example)
    asked = [Question(f"please help me to check {nickname}") for nickname in NICKNAMES]

    async def right() -> int:
        found = [await knowledge.search(question, audiences=ALL, limit=5) for question in asked]
        return sum(
            one.entry_id.startswith(system)
            for system, references in zip(NICKNAMES.values(), found, strict=True)
            for one in references
        )

    before = await right()
    model = await train(knowledge, Order("retriever", "ann"), 9.0, lambda *_: None)

    assert model.offered, model.reason
    assert (model.questions, model.version) == (len(NICKNAMES) * len(TASKS), 1)
    assert await trained.listed(knowledge.db) == [model]
    assert await right() == before, "nothing is switched on unasked"
    card = files.path_of(knowledge.db.path.parent / files.FOLDER, "retriever", 1).with_suffix(".md")
    assert f"offered: {model.reason}" in card.read_text("utf-8")
    await switching.use(knowledge.db, "retriever", None, knowledge.embedder, "ann", "better", 10.0)
    assert await right() > before + 5


async def test_commands_with_nothing_to_work_on_end_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    await (await Database.open(tmp_path / "data" / DATABASE)).close()

    assert "0 of 20 questions" in refused(vigilbot("train", "retriever", cwd=tmp_path))
    assert "no reranker has been trained yet" in refused(vigilbot("models", "use", "reranker", cwd=tmp_path))
    assert "nothing to go back from" in refused(vigilbot("models", "back", "retriever", cwd=tmp_path))
    assert "nothing to export: no answers yet" in refused(vigilbot("export", "answers", cwd=tmp_path))
    assert json.loads(vigilbot("stats", "--json", cwd=tmp_path).stdout)["total"]["cards"] == 0
    assert "nothing has been trained yet" in vigilbot("models", "list", cwd=tmp_path).stdout
