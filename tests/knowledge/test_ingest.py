"""Files to entries and back to answers: again, changed, removed, killed."""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.knowledge.entries import BY
from tests.knowledge.ingested import best, counts, write_rows
from vigilbot.errors import IngestError
from vigilbot.knowledge.ingest.ingesting import BUILTIN_PREFIX, ingest, ingest_builtin_docs
from vigilbot.knowledge.ingest.planning import row_id
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE, Audience, Question
from vigilbot.safety.fetching.door import FetchDoor
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder

ROOT = Path(__file__).parents[2]
FACTOIDS = ROOT.parent / "shared" / "data" / "retrieve" / "ubuntu_factoids" / "corpus.jsonl"


async def test_a_link_that_leads_out_of_the_folder_is_told_and_not_read(
    knowledge: LocalKnowledge, tmp_path: Path
) -> None:
    """A folder may be a stranger's: a repository that was cloned, an archive that was unpacked."""
    (tmp_path / "secret.txt").write_text("The master password is correct horse battery staple.")
    write_rows(tmp_path / "secret.jsonl", {"text": "The master password is correct horse battery staple."})
    docs = tmp_path / "docs"
    (docs / "..data").mkdir(parents=True)
    (docs / "guide.md").write_text("# Guide\n\nThe service listens on port 7411.")
    (docs / "..data" / "inside.md").write_text("# Inside\n\nA config map is mounted through links like this.")
    (docs / "inside.md").symlink_to(docs / "..data" / "inside.md")
    for name in ("secret.txt", "secret.jsonl"):
        (docs / name).symlink_to(tmp_path / name)

    report = await ingest(knowledge, [docs])

    assert (report.files, report.added) == (2, 2)
    assert [skipped.where for skipped in report.skipped] == ["docs/secret.jsonl", "docs/secret.txt"]
    assert all("leads out of the folder" in skipped.why for skipped in report.skipped)
    report = await ingest(knowledge, [docs / "secret.txt"])  # whoever names it means it
    assert report.added == 1


async def test_what_was_exported_for_one_audience_is_not_read_for_another(
    knowledge: LocalKnowledge, tmp_path: Path
) -> None:
    acme = Audience("customer:acme")
    exported = write_rows(tmp_path / "acme.jsonl", {"text": "Acme's port is 7411.", "audience": acme})
    for audience in (EVERYONE, Audience("customer:other")):
        with pytest.raises(IngestError, match=r"line 1: is for customer:acme alone.* give --audience customer:acme"):
            await ingest(knowledge, [exported], audience=audience)
    assert (await ingest(knowledge, [exported], audience=acme)).added == 1
    foreign = write_rows(tmp_path / "foreign.jsonl", {"text": "For experts.", "audience": "experts"})
    assert (await ingest(knowledge, [foreign])).added == 1


async def test_a_folder_of_every_kind_is_read(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "deep").mkdir(parents=True)
    (docs / ".git").mkdir()
    (docs / "guide.md").write_text("# Guide\n\n## Ports\n\nThe service listens on port 7411.")
    (docs / "deep" / "note.txt").write_text("Backups are written at three in the morning.")
    (docs / "page.HTML").write_text(
        "<html><head><title>Refunds</title></head><body><nav><a href='/'>Home</a></nav><article><h1>Refunds</h1>"
        f"<p>{'A refund takes five days and goes to the card that paid. ' * 6}</p></article></body></html>"
    )
    write_rows(docs / "faq.jsonl", {"question": "Is there a phone number?", "answer": "No, write to us."})
    (docs / ".git" / "hidden.md").write_text("# Hidden")
    (docs / "image.png").write_bytes(b"\x89PNG")

    report = await ingest(knowledge, [docs])

    assert (report.files, counts(report), report.skipped) == (4, (4, 0, 0, 0), [])
    port = await best(knowledge, "which port does the service listen on?")
    assert (port.title, port.source) == ("Guide > Ports", "docs/guide.md")
    assert (await best(knowledge, "when is the backup made?")).source == "docs/deep/note.txt"
    refund = await best(knowledge, "how long does a refund take?")
    assert refund.title == "Refunds"
    assert "Home" not in refund.text
    phone = await best(knowledge, "can I call you on the phone?")
    assert (phone.kind, phone.text) == ("qa", "No, write to us.")
    assert {source.name: source.entries for source in await knowledge.sources()} == {
        "docs/guide.md": 1,
        "docs/deep/note.txt": 1,
        "docs/page.HTML": 1,
        "docs/faq.jsonl": 1,
    }


async def test_the_same_content_again_changes_nothing(
    knowledge: LocalKnowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.md").write_text("# A\n\nalpha\n\n## B\n\nbeta")
    await ingest(knowledge, [tmp_path / "a.md"])
    monkeypatch.chdir(tmp_path)

    again = await ingest(knowledge, [Path("a.md"), tmp_path / "a.md"])

    assert (again.files, counts(again)) == (1, (0, 0, 0, 2))
    assert await knowledge.count() == 2


async def test_only_changed_sections_are_written_and_removed_ones_retired(
    knowledge: LocalKnowledge, tmp_path: Path
) -> None:
    file = tmp_path / "a.md"
    file.write_text("# A\n\n## One\n\nfirst\n\n## Two\n\nsecond\n\n## Three\n\nthird")
    await ingest(knowledge, [file])
    one = await best(knowledge, "A > One first")

    file.write_text("# A\n\n## New\n\nfresh\n\n## One\n\nFIRST, amended\n\n## Two\n\nsecond")
    report = await ingest(knowledge, [file])

    assert counts(report) == (1, 1, 1, 1)
    changed = await knowledge.get(one.entry_id)
    assert (changed.version, changed.text) == (2, "FIRST, amended")
    assert [past.change.why for past in await knowledge.history(one.entry_id)] == ["the document says so now"] * 2
    file.write_text("# A\n\n## Three\n\nthird")
    assert counts(await ingest(knowledge, [file])) == (0, 1, 3, 0)
    assert (await best(knowledge, "third")).version == 3  # added, retired, back again


async def test_what_a_person_retired_stays_retired_until_the_document_changes(
    knowledge: LocalKnowledge, tmp_path: Path
) -> None:
    file = tmp_path / "a.md"
    file.write_text("# A\n\n## One\n\nwrong\n\n## Two\n\nright")
    await ingest(knowledge, [file])
    await knowledge.retire([(await best(knowledge, "wrong")).entry_id], BY)

    file.write_text("# A\n\n## One\n\nwrong\n\n## Two\n\nright, and more")
    await ingest(knowledge, [file])
    assert await knowledge.count() == 1

    file.write_text("# A\n\n## One\n\nmended\n\n## Two\n\nright, and more")
    await ingest(knowledge, [file])
    assert await knowledge.count() == 2


async def test_audiences_keep_their_own_copy(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("# Rates\n\nAcme pays half.")
    acme = Audience("customer:acme")

    await ingest(knowledge, [file], audience=acme)

    assert (await best(knowledge, "what does acme pay?", acme)).text == "Acme pays half."
    assert await knowledge.search(Question("what does acme pay?"), audiences=frozenset({EVERYONE}), limit=5) == []
    assert counts(await ingest(knowledge, [file])) == (1, 0, 0, 0)


async def test_corpus_rows_keep_title_and_address(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    rows = [
        {"id": "p#0", "page": "p", "title": "Quotas > CPU", "text": "Forty cores.", "url": "https://docs.example/q"},
        {"id": "p#1", "title": "Quotas > Disk", "text": "Two terabytes."},
        {"id": 7, "text": ""},
        {"text": "no id here"},
    ]
    file = tmp_path / "c.jsonl.gz"
    file.write_bytes(gzip.compress(b"\n".join(json.dumps(row).encode() for row in rows)))

    report = await ingest(knowledge, [file])

    assert counts(report) == (3, 0, 0, 0)
    cores = await best(knowledge, "how many cores may I use?")
    assert (cores.title, cores.source) == ("Quotas > CPU", "https://docs.example/q")
    assert (await best(knowledge, "disk quota")).source == "c.jsonl.gz#p#1"


async def test_repeated_ids_are_told_and_the_first_stands(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    file = write_rows(
        tmp_path / "c.jsonl",
        {"id": "x", "text": "first"},
        {"id": "x", "text": "first"},
        {"id": "x", "text": "another"},
        {"id": "y", "text": "y"},
    )

    report = await ingest(knowledge, [file])

    assert counts(report) == (2, 0, 0, 0)
    assert [(skipped.where, skipped.why) for skipped in report.skipped] == [
        ("c.jsonl, line 3", "its id 'x' has come before")
    ]
    assert (await best(knowledge, "first")).text == "first"


async def test_rows_longer_than_the_encoder_reads_are_found_by_their_end(
    knowledge: LocalKnowledge, tmp_path: Path
) -> None:
    text = "Weather is discussed at length here. " * 80 + "The emergency code is tangerine."
    await ingest(knowledge, [write_rows(tmp_path / "c.jsonl", {"id": "long", "title": "T", "text": text})])

    assert "tangerine" in (await best(knowledge, "what is the emergency code?")).text


async def test_a_row_that_becomes_a_pair_moves_to_the_pairs(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "c.jsonl", {"id": "1", "text": "Open at nine."})
    await ingest(knowledge, [file])
    write_rows(file, {"id": "1", "question": "When do you open?", "answer": "At nine."})

    assert counts(await ingest(knowledge, [file])) == (1, 0, 1, 0)
    assert (await best(knowledge, "when do you open?")).kind == "qa"


async def test_progress_is_told_to_the_end(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    write_rows(tmp_path / "c.jsonl", *({"id": n, "text": f"row {n}"} for n in range(600)))
    (tmp_path / "a.md").write_text("# A\n\na")
    told: list[tuple[int, int]] = []

    await ingest(
        knowledge, [tmp_path / "a.md", tmp_path / "c.jsonl"], follow=lambda done, total, _: told.append((done, total))
    )

    assert told[0] == (0, 601)
    assert told[-1] == (601, 601)
    assert told == sorted(told)
    assert len(told) >= 4


async def test_old_encodings_are_read(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Gebühren fällig: 5 ¤ – “bar”".encode("cp1252"))
    (tmp_path / "wide.txt").write_bytes("Gebühren für Ärger".encode("utf-16"))

    await ingest(knowledge, [tmp_path / "latin.txt", tmp_path / "wide.txt"])

    assert {
        hit.text for hit in await knowledge.search(Question("Gebühren"), audiences=frozenset({EVERYONE}), limit=5)
    } == {"Gebühren fällig: 5 ¤ – “bar”", "Gebühren für Ärger"}


async def test_hidden_characters_do_not_hide_an_entry(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The pass\u200bword is re\u00adset by the ad\u202emin.")

    await ingest(knowledge, [tmp_path / "a.txt"])

    assert (await best(knowledge, "pass\u200bword reset")).text == "The password is reset by the admin."


async def test_own_documentation_is_read_until_there_is_something_else(
    embedder: Embedder, knowledge: LocalKnowledge, tmp_path: Path
) -> None:
    await ingest_builtin_docs(knowledge)
    count = await knowledge.count()
    assert count > 20
    assert all(source.name.startswith(BUILTIN_PREFIX) for source in await knowledge.sources())

    await ingest_builtin_docs(knowledge)
    assert await knowledge.count() == count

    db = await Database.open(tmp_path / "other.db")
    other = LocalKnowledge(db, embedder, tmp_path / "other")
    await other.open()
    (tmp_path / "a.md").write_text("# A\n\na")
    await ingest(other, [tmp_path / "a.md"])
    await ingest_builtin_docs(other)
    assert await other.count() == 1
    await other.close()
    await db.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from vigilbot.embedding.loading import load_embedder
from vigilbot.knowledge.ingest.ingesting import ingest
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.storage.database import Database

async def main(folder, corpus):
    db = await Database.open(folder / "knowledge.db")
    knowledge = LocalKnowledge(db, await load_embedder("bundled"), folder / "chroma")
    await knowledge.open()

    def follow(done, total, label):
        if done:
            os.kill(os.getpid(), signal.SIGKILL)

    await ingest(knowledge, [corpus], follow=follow)

asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
"""


@pytest.mark.disk
async def test_a_killed_ingest_continues_without_loss_or_doubles(embedder: Embedder, tmp_path: Path) -> None:
    with FACTOIDS.open() as lines:
        rows = [json.loads(line) for line, _ in zip(lines, range(600), strict=False)]
    file = write_rows(tmp_path / "c.jsonl", *rows)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, str(tmp_path), str(file), cwd=ROOT)
    assert await child.wait() == -signal.SIGKILL
    db = await Database.open(tmp_path / "knowledge.db")
    knowledge = LocalKnowledge(db, embedder, tmp_path / "chroma")
    await knowledge.open()
    before = await knowledge.count()

    report = await ingest(knowledge, [file])

    assert 0 < before < 600
    assert counts(report) == (await knowledge.count() - before, 0, 0, before)
    stored = await db.rows("SELECT key, count(*) AS n FROM entries GROUP BY key")
    assert {row["n"] for row in stored} == {1}
    assert {row_id(row["key"]) for row in stored} == {row["id"] for row in rows}
    assert (await ingest(knowledge, [file])).unchanged == await knowledge.count()
    await knowledge.close()
    await db.close()


async def test_pruning_retires_what_belongs_to_files_that_are_gone(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    docs, other = tmp_path / "docs", tmp_path / "docs-of-others"
    for folder in (docs, other):
        folder.mkdir()
        (folder / "a.md").write_text("# A\n\nalpha stays")
        (folder / "b.md").write_text("# B\n\n## One\n\nbeta goes\n\n## Two\n\nbeta too")
    await ingest(knowledge, [docs, other])
    room = Audience("channel:room")
    await ingest(knowledge, [docs], audience=room)
    (docs / "b.md").unlink()
    (other / "b.md").unlink()

    assert counts(await ingest(knowledge, [docs])) == (0, 0, 0, 1)  # never unasked
    report = await ingest(knowledge, [docs], pruning=True)

    assert (counts(report), report.pruned) == ((0, 0, 2, 1), 1)
    assert "1 file is gone" in report.text()
    assert {source.name: source.entries for source in await knowledge.sources() if source.audience == EVERYONE} == {
        "docs/a.md": 1,
        "docs/b.md": 0,
        "docs-of-others/a.md": 1,
        "docs-of-others/b.md": 2,
    }
    assert (await best(knowledge, "beta goes", room)).text == "beta goes"
    (docs / "b.md").write_text("# B\n\n## One\n\nbeta goes")
    assert counts(await ingest(knowledge, [docs], pruning=True)) == (0, 1, 0, 1)  # it is back


async def test_pruning_refuses_where_it_cannot_see(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# A\n\nalpha")
    await ingest(knowledge, [docs])
    (docs / "a.md").unlink()

    with pytest.raises(IngestError, match="holds no file that can be read"):
        await ingest(knowledge, [docs], pruning=True)

    assert await knowledge.count() == 1


async def test_masked_words_are_found_and_shown_as_written(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    written = "Rеsеt the pаsswоrd in the cоnsоlе."  # Cyrillic e, a and o
    (tmp_path / "a.txt").write_text(written)
    (tmp_path / "b.txt").write_text("Something else about backups and their retention.")
    await ingest(knowledge, [tmp_path / "a.txt", tmp_path / "b.txt"])

    for asked in ("reset the password in the console", "ｒｅｓｅｔ pаsswоrd"):
        assert (await best(knowledge, asked)).text == written


async def test_pages_come_through_the_door(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    async def page(request: web.Request) -> web.Response:
        if request.path != "/guide":
            raise web.HTTPNotFound
        text = "<title>Guide</title><article><h1>Guide</h1><p>The gateway listens on port 7411.</p></article>"
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    app.router.add_get("/{name}", page)
    server = TestServer(app)
    await server.start_server()
    door = FetchDoor(networks=[ip_network("127.0.0.0/8")], ports=[server.port or 0])
    url = f"http://127.0.0.1:{server.port}/guide"
    try:
        assert counts(await ingest(knowledge, [url], door=door)) == (1, 0, 0, 0)
        assert (await best(knowledge, "gateway port")).source == url
        assert counts(await ingest(knowledge, [url], door=door)) == (0, 0, 0, 1)
        with pytest.raises(IngestError, match="/gone"):
            await ingest(knowledge, [f"http://127.0.0.1:{server.port}/gone"], door=door)
        with pytest.raises(IngestError, match="not a public address"):
            await ingest(knowledge, [url], door=FetchDoor(ports=[server.port or 0]))
    finally:
        await server.close()
