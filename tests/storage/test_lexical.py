"""The lexical index: whom it finds, what it never shows, and that it and the entries are always of one mind."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pytest_asyncio

from tests.knowledge.entries import BY, document, pair
from vigilbot.knowledge.texts import normalised
from vigilbot.models import EVERYONE, Audience
from vigilbot.storage import entries, lexical, postings, words
from vigilbot.storage.database import Database
from vigilbot.storage.entries import Shelf
from vigilbot.storage.lexical import LexicalReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vigilbot.storage.entries import NewVersion

STRINGS = Path(__file__).parents[3] / "shared" / "data" / "security" / "strings" / "blns.json"
ROOM = Audience("channel:room")
DOCUMENTS = Shelf("document", EVERYONE)
PAIRS = Shelf("qa", EVERYONE)


class Library:
    """A database with its reader; vectors are nobody's business here."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.reader = LexicalReader(db.path)

    async def write(self, *new: NewVersion) -> None:
        async with self.db.transaction() as tx:
            await entries.write(tx, new, np.zeros((len(new), 2), np.float32), "none", BY)

    async def retire(self, *ids: str) -> None:
        async with self.db.transaction() as tx:
            await entries.retire(tx, ids, BY)

    async def found(self, text: str, *shelves: Shelf, count: int = 10) -> list[str]:
        [hits] = await lexical.search(self.reader, shelves or [DOCUMENTS], [text], count)
        assert [score for _, _, score in hits] == sorted((score for _, _, score in hits), reverse=True)
        return [ref.entry_id for _, ref, _ in hits]

    async def contents(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything the index holds, in an order that does not depend on how it came about."""
        postings_of_terms = {
            (row["kind"], row["audience"], row["term"], row["block"], bytes(posting))
            for row in await self.db.rows(
                """SELECT s.kind, s.audience, t.term, p.key & 1048575 AS block, p.postings FROM lexical_postings p
                   JOIN lexical_terms t ON t.id = p.key >> 20 JOIN lexical_shelves s ON s.id = t.shelf"""
            )
            for posting in np.frombuffer(row["postings"], "V4")
        }
        shelves = await self.db.rows("SELECT kind, audience, entries, length FROM lexical_shelves WHERE entries > 0")
        terms = await self.db.rows(
            "SELECT kind, audience, term, t.entries FROM lexical_terms t JOIN lexical_shelves s ON s.id = t.shelf"
        )
        return {
            "postings": sorted(postings_of_terms),
            "shelves": sorted(tuple(row) for row in shelves),
            "terms": sorted(tuple(row) for row in terms),
        }


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Library]:
    db = await Database.open(path)
    async with db.transaction() as tx:
        while await postings.fill(tx):
            pass
    library = Library(db)
    yield library
    await library.reader.close()
    await db.close()


@pytest_asyncio.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with opened(tmp_path / "a.db") as made:
        yield made


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("The call fails with SignatureDoesNotMatch.", "what is signaturedoesnotmatch"),
        ("The call fails with SignatureDoesNotMatch.", "wrong signature"),
        ("curl says ERR_CONN_RESET at once", "ERR_CONN_RESET"),
        ("curl says ERR_CONN_RESET at once", "why a conn reset?"),
        ("Windows stops with 0x80070005.", "error 0X80070005"),
        ("Restart kube-proxy on every node.", "kube-proxy hangs"),
        ("Restart kube-proxy on every node.", "is there a proxy?"),
        ("Hardy was followed by 10.04 in April.", "upgrade to 10.04"),
        ("Edit /etc/apt/sources.list first.", "where is sources.list"),
        ("Rotate your access keys.", "key rotation: which key?"),
        ("Die Übertragung schlägt fehl", "ubertragung"),
        ("数据库连接失败", "连接"),
        ("the user's home", "users"),
        ("SSMAgent is not running", "agent"),
    ],
)
async def test_a_word_is_found_in_every_form_it_is_asked_for(library: Library, text: str, asked: str) -> None:
    await library.write(document("it", text), document("other", "Invoices are sent on the first day."))
    assert await library.found(asked) == ["it"]


async def test_a_version_is_no_other_version(library: Library) -> None:
    await library.write(document("old", "Release 10.04 is supported."), document("new", "Release 12.10 is supported."))
    assert (await library.found("12.10"))[0] == "new"
    assert (await library.found("10.04"))[0] == "old"


async def test_the_title_counts_more_and_a_pairs_question_is_its_title(library: Library) -> None:
    await library.write(
        document("title", "Use the console for this task today.", title="Backup"),
        document("text", "Use the backup for this task today.", title="Console"),
        pair("pair", "How do I make a backup?", "Press the button."),
        pair("answer", "How do I make a button?", "Press the backup."),
    )
    assert await library.found("backup") == ["title", "text"]
    assert await library.found("backup", PAIRS) == ["pair", "answer"]


async def test_only_the_shelves_asked_for_are_searched(library: Library) -> None:
    theirs = [Audience(f"channel:{n}") for n in range(20)]
    await library.write(*(document(f"d{n}", "the secret word", audience=who) for n, who in enumerate(theirs)))
    await library.write(document("all", "the public word"), pair("pair", "the word?", "yes"))
    assert await library.found("word") == ["all"]
    assert await library.found("secret") == []
    for n, who in enumerate(theirs):
        assert set(await library.found("secret word", DOCUMENTS, Shelf("document", who))) == {"all", f"d{n}"}
    assert await library.found("word", Shelf("document", Audience("channel:1' OR 1=1 --"))) == []


async def test_what_is_retired_pending_or_replaced_is_not_found(library: Library) -> None:
    await library.write(document("a", "apples and pears"), document("b", "apples alone", status="pending"))
    await library.write(document("c", "apples too"))
    await library.retire("c")
    assert await library.found("apples") == ["a"]
    await library.write(document("a", "quinces"), document("b", "apples alone"))
    assert await library.found("apples") == ["b"]
    assert await library.found("quinces") == ["a"]
    [[(_, ref, _)]] = await lexical.search(library.reader, [DOCUMENTS], ["quinces"], 1)
    assert ref.version == 2


async def test_nothing_of_a_retired_entry_stays_behind(library: Library) -> None:
    await library.write(document("kept", "common words"))
    before = await library.contents()
    await library.write(document("gone", "common words of Zebulon", title="Zebulon's ticket"))
    await library.retire("gone")
    assert await library.contents() == before


async def test_many_changes_leave_what_writing_the_last_state_alone_would(library: Library, tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311  # the same changes in every run
    vocabulary = [f"word{n}" for n in range(40)]

    def some() -> str:
        return " ".join(chance.choices(vocabulary, k=12))

    for _ in range(30):
        ids = chance.sample(range(60), 5)
        await library.write(
            *(document(f"d{n}", some(), status=chance.choice(["active", "active", "pending"])) for n in ids)
        )
        await library.retire(*(f"d{n}" for n in chance.sample(range(60), 3)))
    grown = await library.contents()

    async with library.db.transaction() as tx:
        await tx.execute("UPDATE lexical_state SET words = 0")  # as if an older release had made it
        while await postings.fill(tx):
            pass
    assert await library.contents() == grown
    assert grown["postings"]


async def test_entries_of_before_the_index_are_filled_in_step_by_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postings, "FILL_ROWS", 3)
    db = await Database.open(tmp_path / "a.db")
    library = Library(db)
    await library.write(*(document(f"d{n}", f"apples {n}") for n in range(7)))
    assert await library.found("apples") == []
    async with db.transaction() as tx:
        assert await postings.fill(tx)
    assert len(await library.found("apples")) == 3
    await library.write(document("d1", "pears"), document("d6", "pears"), document("d7", "apples"))  # meanwhile
    await library.retire("d0", "d5")
    more = True
    while more:
        async with db.transaction() as tx:
            more = await postings.fill(tx)
    assert sorted(await library.found("apples")) == ["d2", "d3", "d4", "d7"]
    assert sorted(await library.found("pears")) == ["d1", "d6"]
    await library.reader.close()
    await db.close()


async def test_hostile_strings_are_words_and_nothing_else(library: Library) -> None:
    hostile = [
        *json.loads(STRINGS.read_text("utf-8")),
        '"',
        'a" OR "b',
        "NEAR(",
        "title:x",
        "*",
        "^a",
        "\x00",
        "\ud800",
    ]
    await library.write(
        *(document(f"s{n}", normalised(text), title=normalised(text[:40])) for n, text in enumerate(hostile))
    )
    found = await lexical.search(library.reader, [DOCUMENTS], hostile, 5)
    for number, (text, hits) in enumerate(zip(hostile, found, strict=True)):
        if len(words.terms(text)) > 3:
            assert f"s{number}" in {ref.entry_id for _, ref, _ in hits} or len(hits) == 5, text
    await library.retire(*(f"s{n}" for n in range(len(hostile))))
    assert (await library.contents())["postings"] == []


async def test_endless_questions_are_cut(library: Library) -> None:
    await library.write(document("it", "the needle"), document("long", "x" * 100_000))
    began = time.perf_counter()
    assert await library.found("needle " + " ".join(f"straw{n}" for n in range(200_000))) == ["it"]
    assert await library.found("x" * 100_000) == ["long"]
    assert await library.found("") == []
    assert time.perf_counter() - began < 5


async def test_words_of_nearly_every_entry_decide_nothing_but_are_found_when_alone(library: Library) -> None:
    await library.write(*(document(f"d{n}", f"the report of {n}") for n in range(300)))
    assert len(await library.found("the report", count=400)) == 300
    assert await library.found("the report of 17", count=400) == ["d17"]


async def test_several_texts_are_answered_in_their_order(library: Library) -> None:
    await library.write(document("a", "apples"), document("b", "bananas"))
    found = await lexical.search(library.reader, [DOCUMENTS], ["bananas", "nothing", "apples"], 3)
    assert [[ref.entry_id for _, ref, _ in hits] for hits in found] == [["b"], [], ["a"]]


async def test_a_search_does_not_wait_for_a_write(library: Library) -> None:
    await library.write(document("a", "apples"))
    async with library.db.transaction() as tx:
        await entries.write(tx, [document("b", "apples")], np.zeros((1, 2), np.float32), "none", BY)
        async with asyncio.timeout(2):
            assert await library.found("apples") == ["a"]
    assert sorted(await library.found("apples")) == ["a", "b"]


WRITING = """
import asyncio, sys
from pathlib import Path
from tests.storage.test_lexical import document, opened

async def main(path):
    async with opened(path) as library:
        print("ready", flush=True)
        for round_ in range(10_000):
            await library.write(*(document(f"d{n}", f"round {round_} number {n} apples") for n in range(40)))
            await library.retire(*(f"d{n}" for n in range(round_ % 7, 40, 7)))

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.disk
@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.7])
async def test_after_a_kill_words_and_entries_agree(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "a.db"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITING, str(path), cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    await asyncio.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    await child.wait()
    async with opened(path) as library:
        rows = await library.db.rows("SELECT id FROM entries WHERE status = 'active'")
        assert set(await library.found("apples", count=100)) == {row["id"] for row in rows}
        left = await library.contents()
        async with library.db.transaction() as tx:
            await tx.execute("UPDATE lexical_state SET words = 0")
            while await postings.fill(tx):
                pass
        assert await library.contents() == left


def test_weights_fit_the_textbook() -> None:
    """BM25 with k1, b for a word that occurs three times in a text of mean length, and in one twice as long."""
    mean = postings.length_code(100)
    weights = lexical._weights(mean)
    expected = 3 * (lexical.K1 + 1) / (3 + lexical.K1)
    assert weights[postings.length_code(100) << 8 | 3] == pytest.approx(expected)
    longer = 3 * (lexical.K1 + 1) / (3 + lexical.K1 * (1 - lexical.B + lexical.B * 2))
    assert weights[postings.length_code(200) << 8 | 3] == pytest.approx(longer)


def test_highest_prefers_the_earlier_of_equals() -> None:
    scores = np.array([0, 2, 3, 2, 0, 2, 1], np.float64)
    assert lexical._highest(scores, 3) == [2, 1, 3]
    assert lexical._highest(scores, 3, np.array([1, 5, 6, 3])) == [2, 1, 3]
    assert lexical._highest(scores, 10) == [2, 1, 3, 5, 6]
