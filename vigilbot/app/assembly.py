"""Every part of a running vigilbot, built in order; they stop in the reverse one."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vigilbot.activity import Activity
from vigilbot.app.accounts import CountedCalls, counted
from vigilbot.app.annotations import analyst_carriers, analyst_desk, forms_for
from vigilbot.app.choices import platform_for, reasoner_for, second_writer_for, toolbox_for
from vigilbot.app.delivering import courier_for
from vigilbot.app.learning import closing_for, learner_for
from vigilbot.app.leftovers import Leftovers
from vigilbot.app.readiness import Readiness
from vigilbot.app.tickets import ticketing_for
from vigilbot.clock import Clock, WallClock
from vigilbot.embedding.likeness import SAME_ANSWER
from vigilbot.embedding.loading import load_embedder
from vigilbot.knowledge.index.chroma import server_of
from vigilbot.knowledge.index.follow import Follower
from vigilbot.knowledge.index.reembedding import Reembedding
from vigilbot.knowledge.ingest.ingesting import BUILTIN_PREFIX
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.knowledge.rerank.loading import OFF, load_reranker
from vigilbot.metrics import Metrics
from vigilbot.pipeline.respond import Pipeline
from vigilbot.pipeline.standdown import StandDown
from vigilbot.pipeline.understand import Sources
from vigilbot.sessions.actor import Desk
from vigilbot.sessions.feed import Feed
from vigilbot.sessions.intake import Intake
from vigilbot.storage.calls import CallLog
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE, INDEX, locked
from vigilbot.tasks import Tasks
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
    from vigilbot.tickets.desk import TriageDesk
    from vigilbot.tools.base import Toolbox

DRAIN_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class App:
    """Every part, running. Times come from `clock`; work under way is counted by `activity`."""

    settings: Settings
    db: Database
    clock: Clock
    tasks: Tasks
    activity: Activity
    feed: Feed
    embedder: Embedder
    knowledge: LocalKnowledge
    follower: Follower
    reembedding: Reembedding
    reasoner: Reasoner
    second: SecondWriter | None
    """None: nobody else writes answers to be compared with the ones given, and in backtests."""
    toolbox: Toolbox
    platform: ChatPlatform
    intake: Intake
    readiness: Readiness
    metrics: Metrics
    learner: Learner | None
    """None when nothing is learnt: VIGIL_LEARNING=off, and in backtests."""
    analysts: AnalystDesk
    ticketing: Ticketing | None
    tickets: TriageDesk | None
    """None when there is no triage: VIGIL_TRIAGE=off, no place to alert, and in backtests."""

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
    one that holds the knowledge, which then learns nothing (backtests).
    Without `links`, pages that analysts shared are not read. Raises VigilError in one clear line.
    """
    clock, tasks, activity, feed, readiness = clock or WallClock(), Tasks(), Activity(), Feed(), Readiness()
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(locked(settings.data_dir))
        knowledge_db = await _open(stack, folder / DATABASE)
        db = knowledge_db if dialogues is None else await _open(stack, dialogues)
        knowledge = await _knowledge(stack, settings, knowledge_db, folder / INDEX, clock)
        platform = platform or platform_for(settings, clock, feed, db)
        recorder = CountedCalls(CallLog(db), metrics)
        reasoner = reasoner or reasoner_for(settings, recorder, clock, knowledge, platform)
        stack.push_async_callback(reasoner.close)
        second = second_writer_for(settings, recorder, clock, platform) if dialogues is None else None
        if second:
            stack.push_async_callback(second.reasoner.close)
        forms = forms_for(settings, db, clock, knowledge, reasoner, second)
        learner = closing = None
        toolbox: Toolbox = NoTools()
        if dialogues is None:
            toolbox = await stack.enter_async_context(toolbox_for(settings, clock))
            teaching = closing_for(settings, db, clock, reasoner, knowledge, platform)
            closing = await stack.enter_async_context(teaching)
            closing = closing if links or closing is None else replace(closing, links=None)
            learner = learner_for(closing, settings, db, clock, activity, feed)
        stand_down = StandDown(settings.answer_within * 60)
        ticketing = None
        if dialogues is None:
            ticketing = ticketing_for(settings, db, clock, reasoner, knowledge.embedder, platform)
        carriers = {**analyst_carriers(db, platform, forms), **(ticketing.carriers if ticketing else {})}
        leftovers = Leftovers(db, platform, clock)
        courier = courier_for(db, platform, stand_down, clock, tasks, feed, activity, leftovers, carriers)
        tickets = ticketing.desk(settings, tasks, activity, feed, courier, readiness) if ticketing else None
        analysts = analyst_desk(
            settings, forms, knowledge, reasoner, platform, closing, tasks, activity, feed, courier.collect
        )
        pipeline = _pipeline(settings, db, clock, reasoner, knowledge, stand_down, toolbox)
        if dialogues is not None:  # a rehearsal counts what would have been posted
            pipeline = replace(pipeline, delivery="proactive")
        desk = Desk(
            db=db,
            clock=clock,
            tasks=tasks,
            activity=activity,
            feed=feed,
            courier=courier,
            respond=counted(metrics, readiness.before(leftovers.before(pipeline.respond))),
            engage=settings.engage,
            quiet_window=settings.quiet_window,
            learn=_nudge(learner, tasks, activity) if learner else None,
            analysts=analysts if dialogues is None else None,
            tickets=tickets,
        )
        stack.push_async_callback(tasks.drain, DRAIN_SECONDS)
        yield App(
            settings=settings,
            db=db,
            clock=clock,
            tasks=tasks,
            activity=activity,
            feed=feed,
            embedder=knowledge.configured,
            knowledge=knowledge,
            follower=Follower(knowledge, feed.publish_all),
            reembedding=Reembedding(knowledge, feed.publish_all),
            reasoner=reasoner,
            second=second,
            toolbox=toolbox,
            platform=platform,
            intake=Intake(desk),
            readiness=readiness,
            metrics=metrics,
            learner=learner,
            analysts=analysts,
            ticketing=ticketing,
            tickets=tickets,
        )


async def _open(stack: AsyncExitStack, path: Path) -> Database:
    db = await Database.open(path)
    stack.push_async_callback(db.close)
    return db


async def _knowledge(
    stack: AsyncExitStack, settings: Settings, db: Database, folder: Path, clock: Clock
) -> LocalKnowledge:
    embedder = await load_embedder(settings.embedding_model)
    stack.push_async_callback(embedder.close)
    reranker = await load_reranker(settings.rerank_model)
    if reranker is not None:
        stack.push_async_callback(reranker.close)
    reranks = settings.rerank_model != OFF
    knowledge = LocalKnowledge(db, embedder, folder, clock, server_of(settings), reranker, reranks=reranks)
    stack.push_async_callback(knowledge.close)
    return knowledge


def _pipeline(
    settings: Settings,
    db: Database,
    clock: Clock,
    reasoner: Reasoner,
    knowledge: LocalKnowledge,
    stand_down: StandDown,
    toolbox: Toolbox,
) -> Pipeline:
    return Pipeline(
        db=db,
        clock=clock,
        reasoner=reasoner,
        sources=Sources(knowledge, settings.references, toolbox),
        embedder=knowledge.embedder,
        scope=settings.scope,
        dedup_threshold=SAME_ANSWER if settings.dedup_threshold is None else settings.dedup_threshold,
        stand_down=stand_down,
        delivery=settings.delivery,
    )


def _nudge(learner: Learner, tasks: Tasks, activity: Activity) -> Callable[[], None]:
    """Learn soon, in the background, from what has just been ordered."""

    def learn() -> None:
        tasks.spawn(activity.tracked(learner.work()), name="learning")

    return learn
