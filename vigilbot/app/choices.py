"""What the settings choose between: a chat platform, and who thinks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.chat.console.platform import ConsolePlatform
from vigilbot.reasoning.extractive import ExtractiveReasoner
from vigilbot.storage.calls import CallLog

if TYPE_CHECKING:
    from vigilbot.chat.base import ChatPlatform
    from vigilbot.clock import Clock
    from vigilbot.config import Settings
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.sessions.feed import Feed
    from vigilbot.storage.database import Database


def platform_for(settings: Settings, clock: Clock, feed: Feed, db: Database) -> ChatPlatform:
    """Slack when its token is set, otherwise the console."""
    if settings.uses_slack:
        from vigilbot.chat.slack.platform import SlackPlatform  # noqa: PLC0415 - the console does without slack-bolt

        return SlackPlatform(settings, db)
    return ConsolePlatform(clock, settings.data_dir, feed.publish, f"http://{settings.host}:{settings.port}")


def reasoner_for(
    settings: Settings, db: Database, clock: Clock, knowledge: LocalKnowledge, platform: ChatPlatform
) -> Reasoner:
    """The models that VIGIL_MODEL… name, with the built-in extractive reasoner behind them, or that alone."""
    extractive = ExtractiveReasoner(knowledge.configured, knowledge)
    if not settings.uses_models:
        return extractive
    from vigilbot.reasoning.fallback import with_fallbacks  # noqa: PLC0415 - brings prompts and pictures along

    return with_fallbacks(settings, CallLog(db), platform.fetch_image, extractive, clock)
