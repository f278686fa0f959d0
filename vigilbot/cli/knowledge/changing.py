"""Commands that change the knowledge: each entry's change is a version; what is forgotten is gone for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vigilbot.cli.frame import AsJson, print_json, run_until_done, say, settings
from vigilbot.cli.knowledge.options import EntryId, Ids, Person, Session, Url, Who, Why

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.knowledge.curation.forget import Forgetting
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.models import Entry
    from vigilbot.storage.entries import Change
    from vigilbot.storage.forgetting.target import TargetKind


def revert(
    entry_id: EntryId,
    who: Who,
    to: Annotated[int | None, typer.Option(min=1, help="The version to go back to; else the one before.")] = None,
    why: Why = "reverted by hand",
    as_json: AsJson = False,
) -> None:
    """Let an entry say what it said before; a retired one comes back.

    Example: vigilbot knowledge revert 3f9ac2d1e5b70846 --to 1 --why wrong
    """
    from vigilbot.knowledge.curation import curating

    _change([entry_id], lambda knowledge, id_, by: curating.revert(knowledge, id_, to, by), who, why, as_json)


def retire(ids: Ids, who: Who, why: Why = "retired by hand", as_json: AsJson = False) -> None:
    """Take entries out of use; `revert` brings them back.

    Example: vigilbot knowledge retire 3f9ac2d1e5b70846 --why "no longer sold"
    """
    from vigilbot.knowledge.curation import curating

    _change(ids, curating.retire, who, why, as_json)


def approve(ids: Ids, who: Who, why: Why = "approved", as_json: AsJson = False) -> None:
    """Take pending entries into use (VIGIL_LEARNING=approve).

    Example: vigilbot knowledge approve 3f9ac2d1e5b70846
    """
    from vigilbot.learning import approval

    _change(ids, approval.approve, who, why, as_json)


def rebuild(as_json: AsJson = False) -> None:
    """Make the vector index anew from the database.

    Nothing is embedded again. Stop the bot first.

    Example: vigilbot knowledge rebuild
    """
    from vigilbot.knowledge.standalone import rebuilt

    count = run_until_done(rebuilt(settings()))
    print_json({"entries": count}) if as_json else say(f"rebuilt: {count:,} entries")


def forget(
    session: Session = None,
    url: Url = None,
    person: Person = None,
    entry: Annotated[str | None, typer.Option(help="An entry's id.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without it, only list what would be forgotten.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a source for good, with all that was learnt from it.

    Stop the bot first.

    Example: vigilbot knowledge forget --session console-room-4f2a91c0d3e5 --yes
    """
    from vigilbot.knowledge import standalone
    from vigilbot.knowledge.curation.forget import foreseen
    from vigilbot.storage.forgetting.target import Target

    given: dict[TargetKind, str | None] = {"session": session, "url": url, "person": person, "entry": entry}
    targets = [Target(kind, name) for kind, name in given.items() if name]
    if len(targets) != 1:
        raise typer.BadParameter("name one source: --session, --url, --person or --entry")

    async def preview() -> Forgetting:
        async with standalone.reading(settings()) as db:
            return await foreseen(db, targets[0])

    what = run_until_done(standalone.forgotten(settings(), targets[0]) if yes else preview())
    if as_json:
        print_json({**what.as_json(), "done": yes})
    else:
        say(what.text())
        say("forgotten" if yes else "nothing has been changed; --yes forgets all this for good")


def _change(
    ids: list[str],
    act: Callable[[LocalKnowledge, str, Change], Awaitable[Entry]],
    who: str,
    why: str,
    as_json: bool,
) -> None:
    """Do something to each entry in turn; what was done before a fault stays done."""
    from vigilbot.knowledge.commands import opened
    from vigilbot.safety.redaction.redact import without_secrets
    from vigilbot.storage.entries import Change

    reason = without_secrets(why)

    async def act_on_all() -> None:
        async with opened(settings()) as knowledge:
            for id_ in ids:
                entry = await act(knowledge, id_, Change(who, reason, knowledge.clock.now()))
                done = {"id": entry.id, "version": entry.version, "status": entry.status}
                print_json(done) if as_json else say(f"{entry.id}: version {entry.version}, {entry.status}")

    run_until_done(act_on_all())
