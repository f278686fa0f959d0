"""`vigilbot import`: learn from a Slack export or a file of dialogues, beside a running bot or without one."""

from __future__ import annotations

import re
import tempfile
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vigilbot.app.choices import reasoner_for
from vigilbot.app.learning import closing_for
from vigilbot.errors import ConfigError, IngestError
from vigilbot.evaluation.replay import ReplayPlatform
from vigilbot.knowledge.commands import opened
from vigilbot.learning.closing import Closing
from vigilbot.learning.history.dialogues import DialogueFile
from vigilbot.learning.history.dry_run import DryRun
from vigilbot.learning.history.importing import Importing
from vigilbot.learning.history.opening import is_slack_export, slack_history
from vigilbot.learning.history.people import Roles
from vigilbot.learning.history.report import ImportReport
from vigilbot.runtime.clock import WallClock
from vigilbot.sessions import lifecycle
from vigilbot.storage.calls import CallLog
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from vigilbot.chat.base import Place
    from vigilbot.config import Settings
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.learning.history.importing import Follow
    from vigilbot.learning.history.records import History
    from vigilbot.models import Message, Session
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.runtime.clock import Clock

_WORKSPACE = re.compile(
    r"(?:https://)?([a-z0-9][a-z0-9-]*(?:\.enterprise)?)(?:\.slack(?:-gov)?\.com)?/?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `vigilbot import` was asked for."""

    path: Path
    analysts: tuple[str, ...] = ()
    """Ids, names or @names; empty: VIGIL_ANALYSTS."""
    first_author_asks: bool = False
    channels: tuple[str, ...] = ()
    """Ids or names; empty: VIGIL_CHANNELS, or all."""
    since: date | None = None
    workspace: str = ""
    """`acme`, `acme.slack.com` or `https://acme.slack.com`: with it, what is learnt links to its thread."""
    links: bool = True
    """Whether pages that analysts linked to are read too."""
    dry_run: bool = False


class Archive(ReplayPlatform):
    """Where the threads are that nobody talks in any more."""

    def __init__(self, address: str) -> None:
        """`address` is that of the Slack workspace; empty: not known."""
        self._address = address

    async def permalink(self, session: Session) -> str:
        """As docs.slack.dev/reference/methods/chat.getPermalink shows it; empty where there is none."""
        if not self._address or session.platform != "slack":
            return ""
        return f"{self._address}/archives/{session.channel}/p{session.thread.replace('.', '')}"


async def learn_from_history(settings: Settings, wanted: Wanted, follow: Follow) -> ImportReport:
    """`vigilbot import`. Raises VigilError in one line."""
    if settings.learning == "off":
        raise ConfigError("VIGIL_LEARNING=off: nothing would be learnt; set it to auto or approve for this import")
    clock, report = WallClock(), ImportReport(wanted.dry_run, settings.learning)
    platform = Archive(address_of(wanted.workspace) if wanted.workspace else "")
    history, roles = _history(settings, wanted, clock)
    async with AsyncExitStack() as stack:
        stack.enter_context(closing(history))
        knowledge = await stack.enter_async_context(opened(settings))
        reasoner = reasoner_for(settings, CallLog(knowledge.db), clock, knowledge, platform)
        stack.push_async_callback(reasoner.close)
        await reasoner.warm()
        await Importing(
            history=history,
            roles=roles,
            closing=await _closing(stack, settings, wanted, clock, reasoner, knowledge, platform),
            known=knowledge.db,
            clock=clock,
            as_closed=_as_closed,
            report=report,
        ).run(follow)
    if not (report.threads or report.left or report.stopped):
        raise IngestError(f"{wanted.path}: holds no thread to learn from")
    return report


def _history(settings: Settings, wanted: Wanted, clock: Clock) -> tuple[History, Roles]:
    """What to read, and how roles are told in it."""
    if is_slack_export(wanted.path):
        return slack_history(
            settings,
            wanted.path,
            analysts=wanted.analysts,
            first_author_asks=wanted.first_author_asks,
            channels=wanted.channels,
            since=wanted.since,
        )
    if wanted.channels or wanted.since or wanted.workspace:
        raise IngestError(f"{wanted.path}: --channels, --since and --workspace are for Slack exports")
    return DialogueFile(wanted.path, clock.now()), Roles(frozenset(wanted.analysts), wanted.first_author_asks)


async def _closing(
    stack: AsyncExitStack,
    settings: Settings,
    wanted: Wanted,
    clock: Clock,
    reasoner: Reasoner,
    knowledge: LocalKnowledge,
    platform: Archive,
) -> Closing:
    """The very job that live sessions get; in a dry run one that only notes what it finds."""
    if wanted.dry_run:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        db = await Database.open(Path(folder) / "dry_run.db")
        stack.push_async_callback(db.close)
        return Closing(db, reasoner, DryRun(db, clock), settings.scope)
    teaching = closing_for(settings, knowledge.db, clock, reasoner, knowledge, platform, links=wanted.links)
    closing = await stack.enter_async_context(teaching)
    assert closing  # noqa: S101 - VIGIL_LEARNING=off was refused before
    return closing


def address_of(workspace: str) -> str:
    """`https://acme.slack.com` for each way of naming it. Raises IngestError for anything else."""
    if not (match := _WORKSPACE.fullmatch(workspace)):
        raise IngestError(f"--workspace {workspace}: must be the workspace's address, such as acme.slack.com")
    return f"https://{match[1].lower()}.slack.com"


def _as_closed(place: Place, messages: Sequence[Message]) -> Session:
    session = lifecycle.opened(place, messages[0].text, messages[0].posted_at)
    for message in messages:
        session = lifecycle.after_message(session, message.role, message.posted_at)
    return lifecycle.closed(session, messages[-1].posted_at)
