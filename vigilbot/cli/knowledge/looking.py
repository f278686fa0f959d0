"""Commands that only read: a bot may be running beside them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vigilbot.cli.frame import AsJson, print_json, run_until_done, say, settings, to_stdout
from vigilbot.cli.knowledge.options import Audiences, EntryId, Kind, Person, Session, Status, Url
from vigilbot.errors import NotFound, VigilError

if TYPE_CHECKING:
    from vigilbot.storage.catalogue import Filter

SECONDS_A_DAY = 86_400.0


def list_entries(
    words: Annotated[list[str] | None, typer.Argument(help="Words that all stand in it.")] = None,
    kind: Kind = None,
    audience: Audiences = None,
    status: Status = None,
    source: Annotated[str | None, typer.Option(help="Part of its source: a file name, an address.")] = None,
    session: Session = None,
    url: Url = None,
    person: Person = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Entries a page.")] = 50,
    page: Annotated[int, typer.Option(min=1, help="Which page, counted from 1.")] = 1,
    as_json: AsJson = False,
) -> None:
    """List entries of every status, the one changed last first.

    Example: vigilbot knowledge list port --kind qa --status active
    """
    from vigilbot.knowledge.curation.describing import entry_fields, entry_line
    from vigilbot.knowledge.standalone import reading
    from vigilbot.storage import catalogue, uses

    wanted = _filter(words, kind, audience, status, source, session, url, person)

    async def read() -> None:
        async with reading(settings()) as db:
            found = await catalogue.listed(db, wanted, limit=limit, offset=(page - 1) * limit)
            used = await uses.of_entries(db, [entry.id for entry in found.entries])
        if as_json:
            fields = [entry_fields(entry, used[entry.id]) for entry in found.entries]
            print_json({"total": found.total, "page": page, "entries": fields})
            return
        for entry in found.entries:
            say(entry_line(entry, used[entry.id]))
        pages = -(-found.total // limit)
        say(f"{found.total:,} entries" + (f", page {page} of {pages:,}" if pages > 1 else ""))

    run_until_done(read())


def show(entry_id: EntryId, as_json: AsJson = False) -> None:
    """Show one entry: what it says, where from, how often used.

    Example: vigilbot knowledge show 3f9ac2d1e5b70846
    """
    from vigilbot.knowledge.curation.describing import entry_fields, entry_text
    from vigilbot.knowledge.standalone import reading
    from vigilbot.storage import entries, provenance, uses

    async def read() -> None:
        async with reading(settings()) as db:
            entry = await entries.get(db, entry_id)
            used = (await uses.of_entries(db, [entry_id]))[entry_id]
            origins = await provenance.of_current(db, [entry_id])
        if as_json:
            print_json({**entry_fields(entry, used), "origins": [asdict(origin) for origin in origins]})
        else:
            say(entry_text(entry, used, origins))

    run_until_done(read())


def search(
    question: Annotated[list[str], typer.Argument(help="What a customer might ask.")],
    audience: Annotated[
        list[str] | None, typer.Option(help="Whose knowledge, more than once if need be; everyone's if not given.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="Passages to show.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Find passages as a question would, with every path's score.

    Example: vigilbot knowledge search how do I change the port
    """
    from vigilbot.knowledge.commands import audience_of
    from vigilbot.knowledge.curation.describing import reference_text
    from vigilbot.knowledge.standalone import search as found_by

    if not " ".join(question).strip():
        raise VigilError("the question is empty: say what a customer might ask")
    audiences = frozenset(map(audience_of, audience or ["everyone"]))
    found = run_until_done(found_by(settings(), " ".join(question), audiences, limit))
    if as_json:
        print_json([asdict(reference) for reference in found])
        return
    for number, reference in enumerate(found, 1):
        say(reference_text(number, reference))
    if not found:
        say("nothing found")


def history(entry_id: EntryId, as_json: AsJson = False) -> None:
    """Show every version of an entry: who, when, why, what changed.

    Example: vigilbot knowledge history 3f9ac2d1e5b70846
    """
    from vigilbot.knowledge.curation.describing import history_text, version_fields
    from vigilbot.knowledge.standalone import reading
    from vigilbot.storage import entries

    async def read() -> None:
        async with reading(settings()) as db:
            past = await entries.history(db, entry_id)
        if not past:
            raise NotFound(f"no entry {entry_id}")
        print_json([version_fields(version) for version in past]) if as_json else say(history_text(past))

    run_until_done(read())


def review(
    unused_days: Annotated[float, typer.Option(min=0, help="Unused means: cited by no card for so many days.")] = 90,
    limit: Annotated[int, typer.Option(min=1, help="Entries to show of each kind.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List entries that somebody should look at.

    Pending, contradicted, of dead links, unused. Nothing is changed.

    Example: vigilbot knowledge review --unused-days 30
    """
    from vigilbot.knowledge.curation.describing import doubts_text
    from vigilbot.knowledge.standalone import reading
    from vigilbot.runtime.clock import WallClock
    from vigilbot.storage.doubts import doubts

    async def read() -> None:
        async with reading(settings()) as db:
            found = await doubts(db, WallClock().now() - unused_days * SECONDS_A_DAY, limit)
        print_json(asdict(found)) if as_json else say(doubts_text(found))

    run_until_done(read())


def export(
    words: Annotated[list[str] | None, typer.Argument(help="Only entries in which all these words stand.")] = None,
    kind: Kind = None,
    audience: Annotated[
        str, typer.Option(help="One audience a file: ingest gives a file to one audience.")
    ] = "everyone",
    status: Annotated[Literal["active", "pending", "retired"], typer.Option(help="Of which status.")] = "active",
) -> None:
    """Print entries as JSONL that `vigilbot ingest` reads back.

    With their provenance.

    Example: vigilbot knowledge export --kind qa > learnt.jsonl
    """
    from vigilbot.knowledge.curation.exporting import exported
    from vigilbot.knowledge.standalone import reading

    wanted = _filter(words, kind, audience, status)

    async def write() -> None:
        async with reading(settings()) as db:
            with to_stdout() as line_out:
                async for line in exported(db, wanted):
                    line_out(line + "\n")

    run_until_done(write())


def _filter(
    words: list[str] | None,
    kind: Kind = None,
    audience: str | None = None,
    status: Status = None,
    source: str | None = None,
    session: str | None = None,
    url: str | None = None,
    person: str | None = None,
) -> Filter:
    from vigilbot.knowledge.commands import audience_of
    from vigilbot.storage.catalogue import Filter

    return Filter(
        words=" ".join(words or ()),
        kind=kind,
        audience=audience_of(audience) if audience is not None else None,
        status=status,
        source=source or "",
        session=session or "",
        url=url or "",
        person=person or "",
    )
