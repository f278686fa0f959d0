"""The index is disposable: whatever happens to its folder, the next start finds the same, and embeds nothing."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pytest_asyncio

from tests.knowledge.entries import BY, document, pair, random_vectors
from vigilbot.embedding.base import Embedded
from vigilbot.errors import EmbeddingError
from vigilbot.knowledge.index.base import VectorIndex
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE, Audience, Question
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from numpy.typing import NDArray

    from vigilbot.knowledge.index.chroma import Server

ENTRIES = 1500
"""Enough for Chroma to have written graph files."""

ROOM = Audience("channel:room")
BOTH = frozenset({EVERYONE, ROOM})
QUESTIONS = [Question(f"question {n}") for n in range(25)]


class Counting:
    """Stands in for an encoder where vectors need no meaning; whatever is embedded is counted."""

    dimensions = 384

    def __init__(self, name: str = "counting") -> None:
        self.name = name
        self.embedded: list[str] = []
        self.broken = False

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.broken:
            raise EmbeddingError("the model is gone")
        self.embedded += texts
        return np.concatenate([random_vectors(1, self.dimensions, seed=sum(text.encode())) for text in texts])

    async def close(self) -> None:
        """Nothing to release."""


@asynccontextmanager
async def opened(folder: Path, embedder: Counting, server: Server | None = None) -> AsyncIterator[LocalKnowledge]:
    db = await Database.open(folder / "knowledge.db")
    knowledge = LocalKnowledge(db, embedder, folder / "chroma", server=server)
    try:
        await knowledge.open()
        yield knowledge
    finally:
        await knowledge.close()
        await db.close()


async def answers(knowledge: LocalKnowledge) -> list[list[tuple[str, float]]]:
    found = [await knowledge.search(question, audiences=BOTH, limit=8) for question in QUESTIONS]
    return [[(hit.entry_id, hit.score) for hit in hits] for hits in found]


async def fill(knowledge: LocalKnowledge) -> None:
    new = [document(f"d{n}", f"text {n}", audience=ROOM if n % 10 == 0 else EVERYONE) for n in range(ENTRIES)]
    new += [pair(f"q{n}", f"question {n}", f"answer {n}") for n in range(20)]
    await knowledge.write(new, Embedded(random_vectors(len(new), 384), None), knowledge.serving, BY)
    await knowledge.retire(["d7"], BY)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped knowledge base; only to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    async with opened(folder, Counting()) as knowledge:
        await fill(knowledge)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def expected(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> list[list[tuple[str, float]]]:
    folder = shutil.copytree(filled, tmp_path_factory.mktemp("expected") / "copy")
    async with opened(folder, Counting()) as knowledge:
        found = await answers(knowledge)
    assert all(len(hits) == 8 for hits in found)
    return found


def garbage(file: Path) -> None:
    file.write_bytes(np.random.default_rng(0).bytes(file.stat().st_size))


def halve(file: Path) -> None:
    with file.open("r+b") as opened_file:
        opened_file.truncate(file.stat().st_size // 2)


def delete(file: Path) -> None:
    file.unlink()


DAMAGES = [garbage, halve, delete]
FILES = ["chroma.sqlite3", "data_level0.bin", "header.bin", "link_lists.bin", "index_metadata.pickle"]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("name", FILES)
async def test_a_damaged_file_changes_nothing(
    filled: Path,
    expected: list[list[tuple[str, float]]],
    tmp_path: Path,
    name: str,
    damage: Callable[[Path], None],
) -> None:
    folder = shutil.copytree(filled, tmp_path / "copy")
    files = list((folder / "chroma").rglob(name))
    assert files
    for file in files:
        damage(file)
    embedder = Counting()

    async with opened(folder, embedder) as knowledge:
        assert embedder.embedded == []
        assert await answers(knowledge) == expected


async def test_a_deleted_folder_changes_nothing(
    filled: Path, expected: list[list[tuple[str, float]]], tmp_path: Path
) -> None:
    folder = shutil.copytree(filled, tmp_path / "copy")
    shutil.rmtree(folder / "chroma")
    embedder = Counting()

    async with opened(folder, embedder) as knowledge:
        assert embedder.embedded == []
        assert await answers(knowledge) == expected


async def test_a_whole_index_is_not_made_again(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shutil.copytree(filled, tmp_path / "copy")
    added: list[int] = []
    add = VectorIndex.add

    async def counted(index: VectorIndex, *arguments: object) -> None:
        added.append(1)
        await add(index, *arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(VectorIndex, "add", counted)
    for _ in range(3):
        async with opened(folder, Counting()) as knowledge:
            await answers(knowledge)
    assert added == []


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.knowledge.index.test_rebuild import Counting, LocalKnowledge, Database, fill

async def main(folder):
    db = await Database.open(folder / "knowledge.db")
    knowledge = LocalKnowledge(db, Counting(), folder / "chroma")
    await knowledge.open()
    await fill(knowledge)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.disk
@pytest.mark.parametrize("damaged", [False, True], ids=["whole", "damaged"])
async def test_after_a_kill_the_index_is_tried_out_before_it_is_trusted(
    expected: list[list[tuple[str, float]]], tmp_path: Path, damaged: bool
) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(tmp_path), cwd=Path(__file__).parents[3]
    )
    assert await child.wait() == -signal.SIGKILL
    if damaged:
        for file in (tmp_path / "chroma").rglob("data_level0.bin"):
            garbage(file)  # opened in this process, this would kill it
    embedder = Counting()

    async with opened(tmp_path, embedder) as knowledge:
        assert embedder.embedded == []
        assert await answers(knowledge) == expected


async def test_entries_written_while_the_index_was_away_are_added(filled: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(filled, tmp_path / "copy")
    shutil.copytree(folder / "chroma", tmp_path / "older")
    async with opened(folder, Counting()) as knowledge:
        await knowledge.put([document("late", "late text")], BY)
        await knowledge.retire(["d1"], BY)
        expected = await answers(knowledge)
    shutil.rmtree(folder / "chroma")
    shutil.copytree(tmp_path / "older", folder / "chroma")

    async with opened(folder, Counting()) as knowledge:
        assert await answers(knowledge) == expected
        [hit] = await knowledge.search(Question("late text"), audiences=BOTH, limit=1)
        assert hit.entry_id == "late"


async def test_another_embedder_embeds_everything_once(tmp_path: Path) -> None:
    async with opened(tmp_path, Counting("first")) as knowledge:
        await knowledge.put([document(f"d{n}", f"text {n}", title="T") for n in range(30)], BY)
    second = Counting("second")

    async with opened(tmp_path, second) as knowledge:
        assert sorted(second.embedded) == sorted(f"T\ntext {n}" for n in range(30))
        assert len(await knowledge.search(Question("x"), audiences=BOTH, limit=30)) == 30
    async with opened(tmp_path, second):
        assert set(second.embedded[30:]) == {"x"}  # the question, and no entry again


async def test_another_embedder_that_fails_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path, Counting("first")) as knowledge:
        await knowledge.put([document("d", "text")], BY)
    broken = Counting("second")
    broken.broken = True
    db = await Database.open(tmp_path / "knowledge.db")
    knowledge = LocalKnowledge(db, broken, tmp_path / "chroma")

    with pytest.raises(EmbeddingError, match="gone"):
        await knowledge.open()

    await knowledge.close()
    await db.close()
