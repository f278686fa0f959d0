"""How those who serve analysts are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.annotations.asking import Sampling
from vigilbot.annotations.carriers import RequestCarrier, SuggestionCarrier
from vigilbot.annotations.comparing import Comparing
from vigilbot.annotations.desk import AnnotationDesk
from vigilbot.annotations.filling import Filling
from vigilbot.annotations.forms import Forms
from vigilbot.annotations.judging import Judging
from vigilbot.annotations.noticing import Noticing
from vigilbot.annotations.posting import Posting
from vigilbot.annotations.recording import Recording
from vigilbot.app.permalinks import permalinks
from vigilbot.chat.analysts import AnalystViews
from vigilbot.learning.filling import GapWriter
from vigilbot.pipeline.alternative import Alternatives
from vigilbot.pipeline.standdown import is_answer
from vigilbot.storage import outbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from vigilbot.app.foundation import Foundation
    from vigilbot.chat.base import ChatPlatform
    from vigilbot.learning.closing import Closing
    from vigilbot.pipeline.alternative import SecondWriter
    from vigilbot.reasoning.base import AnnotationReasoner, Reasoner
    from vigilbot.sessions.carriers import Carrier
    from vigilbot.storage.database import Database


def forms_for(base: Foundation, reasoner: Reasoner, second: SecondWriter | None = None) -> Forms:
    """What analysts are asked and shown; `second` writes the answers that they compare with the ones given."""
    db, clock, settings = base.db, base.clock, base.settings
    alternatives = Alternatives(db, reasoner, second, base.knowledge, settings.scope, settings.references)
    return Forms(db, clock, Comparing(db, clock, alternatives.propose), settings.delivery)


def analyst_carriers(db: Database, platform: ChatPlatform, forms: Forms) -> dict[str, Carrier]:
    """Who brings analysts what only they see, by kind of delivery."""
    views = {platform.name: platform} if isinstance(platform, AnalystViews) else {}
    return {
        outbox.SUGGESTION: SuggestionCarrier(db, views, forms),
        outbox.ANNOTATION_REQUEST: RequestCarrier(db, views, forms),
    }


def analyst_desk(
    base: Foundation,
    forms: Forms,
    reasoner: AnnotationReasoner,
    platform: ChatPlatform,
    closing: Closing | None,
    deliver: Callable[[], Awaitable[None]],
) -> AnnotationDesk:
    """`deliver` brings what has been ordered to its platform; `closing` None: nothing is learnt, no page is read."""
    settings, knowledge, comparing = base.settings, base.knowledge, forms.comparing
    db, clock = base.db, base.clock
    recording = Recording(db, clock, knowledge, comparing, confined=settings.learn_for == "channel")
    writer = GapWriter(knowledge, clock, permalinks(platform))
    links = closing.links if closing else None

    def spawn(work: Coroutine[Any, Any, None], name: str) -> None:
        base.tasks.spawn(base.activity.tracked(work), name=name)

    desk = AnnotationDesk(
        db=db,
        clock=clock,
        posting=Posting(db, clock, knowledge.embedder, recording, deliver),
        recording=recording,
        forms=forms,
        filling=Filling(db, clock, writer.write, links.read_for_gap if links else None),
        sampling=Sampling(settings.annotate_share if isinstance(platform, AnalystViews) else 0, settings.annotate_cap),
        comparing=comparing,
        noticing=Noticing(db, clock, knowledge.embedder, is_answer),
        judging=Judging(db, clock, reasoner, settings.scope),
        spawn=spawn,
        changed=base.feed.publish,
    )
    if isinstance(platform, AnalystViews):
        platform.serve_analysts(desk)
    return desk
