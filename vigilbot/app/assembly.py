"""Every part of a running vigilbot, built in order; they stop in the reverse one."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vigilbot.app.annotations import analyst_carriers, analyst_desk, forms_for
from vigilbot.app.choices import platform_for, reasoner_for, second_writer_for, toolbox_for
from vigilbot.app.counting import CountedCalls, counted
from vigilbot.app.delivering import courier_for
from vigilbot.app.foundation import Foundation, founded
from vigilbot.app.learning import closing_for, learner_for
from vigilbot.app.leftovers import Leftovers
from vigilbot.app.tickets import ticketing_for
from vigilbot.embedding.likeness import SAME_ANSWER
from vigilbot.knowledge.index.follow import Follower
from vigilbot.knowledge.index.reembedding import Reembedding
from vigilbot.knowledge.ingest.ingesting import BUILTIN_PREFIX
from vigilbot.pipeline.respond import Pipeline
from vigilbot.pipeline.standdown import StandDown
from vigilbot.pipeline.understand import Sources
from vigilbot.runtime.clock import Clock, WallClock
from vigilbot.sessions.actor import Desk
from vigilbot.sessions.intake import Intake
from vigilbot.storage.calls import CallLog
from vigilbot.tools.toolbox import NoTools
from vigilbot.web.status import Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from vigilbot.app.tickets import Ticketing
    from vigilbot.chat.analysts import AnalystDesk
    from vigilbot.chat.base import ChatPlatform
    from vigilbot.config import Settings
    from vigilbot.embedding.base import Embedder
    from vigilbot.learning.worker import Learner
    from vigilbot.pipeline.alternative import SecondWriter
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.sessions.actor import Respond, ServesAnalysts
    from vigilbot.sessions.courier import Courier
    from vigilbot.tickets.desk import TriageDesk
    from vigilbot.tools.base import Toolbox

DRAIN_SECONDS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class App(Foundation):
    """Every part, running. Times come from `clock`; work under way is counted by `activity`."""

    reasoner: Reasoner
    second: SecondWriter | None
    """None: nobody else writes answers to be compared with the ones given, and in backtests."""
    toolbox: Toolbox
    platform: ChatPlatform
    intake: Intake
    follower: Follower
    reembedding: Reembedding
    learner: Learner | None
    """None when nothing is learnt: VIGIL_LEARNING=off, and in backtests."""
    analysts: AnalystDesk
    ticketing: Ticketing | None
    tickets: TriageDesk | None
    """None when there is no triage: VIGIL_TRIAGE=off, no place to alert, and in backtests."""

    @property
    def embedder(self) -> Embedder:
        """The embedding model of VIGIL_EMBEDDING_MODEL, whichever one serves just now."""
        return self.knowledge.configured

    async def status(self) -> Status:
        """What the page and the probes tell about the whole process."""
        sources = tuple((source.name, source.entries) for source in await self.knowledge.sources())
        entries = await self.knowledge.count()
        return Status(
            reasoner=self.reasoner.name,
            loading=self.readiness.loading,
            sources=sources,
            background=self.reembedding.doing,
            own_docs_only=sum(count for name, count in sources if name.startswith(BUILTIN_PREFIX)) == entries,
            entries=entries,
        )


@asynccontextmanager
async def assembled(
    settings: Settings,
    *,
    clock: Clock | None = None,
    reasoner: Reasoner | None = None,
    platform: ChatPlatform | None = None,
    dialogues: Path | None = None,
    links: bool = True,
) -> AsyncIterator[App]:
    """Everything but the doors: storage, models, knowledge, sessions. Parts stop in the reverse order.

    `clock`, `reasoner` and `platform` replace the usual ones; `dialogues` is a database for sessions apart from the
    one that holds the knowledge, which then learns nothing, serves no analysts and asks no tools (backtests).
    Without `links`, pages that analysts shared are not read. Raises VigilError in one clear line.
    """
    async with AsyncExitStack() as stack:
        base = await founded(stack, settings, clock or WallClock(), dialogues)
        db, clock, feed, knowledge = base.db, base.clock, base.feed, base.knowledge
        platform = platform or platform_for(settings, clock, feed, db)
        recorder = CountedCalls(CallLog(db), base.metrics)
        reasoner = reasoner or reasoner_for(settings, recorder, clock, knowledge, platform)
        stack.push_async_callback(reasoner.close)
        second = second_writer_for(settings, recorder, clock, platform) if dialogues is None else None
        if second:
            stack.push_async_callback(second.reasoner.close)
        toolbox: Toolbox = NoTools()
        closing = ticketing = None
        if dialogues is None:
            toolbox = await stack.enter_async_context(toolbox_for(settings, clock))
            teaching = closing_for(settings, db, clock, reasoner, knowledge, platform, links=links)
            closing = await stack.enter_async_context(teaching)
            ticketing = ticketing_for(base, reasoner, platform)
        stand_down = StandDown(settings.answer_within * 60)
        forms = forms_for(base, reasoner, second)
        carriers = {**analyst_carriers(db, platform, forms), **(ticketing.carriers if ticketing else {})}
        leftovers = Leftovers(db, platform, clock)
        courier = courier_for(
            db,
            platform,
            stand_down,
            clock,
            base.tasks,
            feed,
            base.activity,
            leftovers,
            lambda session, turn: intake.take_up(session, turn),  # noqa: PLW0108 - made below: it needs the courier
            carriers,
        )
        analysts = analyst_desk(base, forms, reasoner, platform, closing, courier.collect)
        learner = learner_for(base, closing)
        tickets = ticketing.desk(base, courier) if ticketing else None
        pipeline = _pipeline(base, reasoner, stand_down, toolbox)
        if dialogues is not None:  # a backtest counts what would have been posted
            pipeline = replace(pipeline, delivery="proactive")
        respond = counted(base.metrics, base.readiness.before(leftovers.before(pipeline.respond)))
        desk = _desk(base, courier, respond, learner, analysts if dialogues is None else None, tickets)
        intake = Intake(desk)
        stack.push_async_callback(base.tasks.drain, DRAIN_SECONDS)
        yield App(
            settings=settings,
            clock=clock,
            db=db,
            knowledge=knowledge,
            tasks=base.tasks,
            activity=base.activity,
            feed=feed,
            readiness=base.readiness,
            metrics=base.metrics,
            reasoner=reasoner,
            second=second,
            toolbox=toolbox,
            platform=platform,
            intake=intake,
            follower=Follower(knowledge, feed.publish_all),
            reembedding=Reembedding(knowledge, feed.publish_all),
            learner=learner,
            analysts=analysts,
            ticketing=ticketing,
            tickets=tickets,
        )


def _desk(
    base: Foundation,
    courier: Courier,
    respond: Respond,
    learner: Learner | None,
    analysts: ServesAnalysts | None,
    tickets: TriageDesk | None,
) -> Desk:
    return Desk(
        db=base.db,
        clock=base.clock,
        tasks=base.tasks,
        activity=base.activity,
        feed=base.feed,
        courier=courier,
        respond=respond,
        engage=base.settings.engage,
        quiet_window=base.settings.quiet_window,
        learn=_nudge(base, learner) if learner else None,
        analysts=analysts,
        tickets=tickets,
    )


def _pipeline(base: Foundation, reasoner: Reasoner, stand_down: StandDown, toolbox: Toolbox) -> Pipeline:
    settings, threshold = base.settings, base.settings.dedup_threshold
    return Pipeline(
        db=base.db,
        clock=base.clock,
        reasoner=reasoner,
        sources=Sources(base.knowledge, settings.references, toolbox),
        embedder=base.knowledge.embedder,
        scope=settings.scope,
        dedup_threshold=SAME_ANSWER if threshold is None else threshold,
        stand_down=stand_down,
        delivery=settings.delivery,
    )


def _nudge(base: Foundation, learner: Learner) -> Callable[[], None]:
    """Learn soon, in the background, from what has just been ordered."""

    def learn() -> None:
        base.tasks.spawn(base.activity.tracked(learner.work()), name="learning")

    return learn
