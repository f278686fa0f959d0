"""What the settings choose between: a chat platform, who thinks, and which tools may be asked."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from vigilbot.chat.console.platform import ConsolePlatform
from vigilbot.pipeline.alternative import SecondWriter
from vigilbot.reasoning.extractive import ExtractiveReasoner
from vigilbot.runtime.tasks import Tasks
from vigilbot.tools import configuration
from vigilbot.tools.toolbox import McpToolbox, NoTools

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vigilbot.chat.base import ChatPlatform
    from vigilbot.config import Settings
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.reasoning.base import CallRecorder, Reasoner
    from vigilbot.runtime.clock import Clock
    from vigilbot.sessions.feed import Feed
    from vigilbot.storage.database import Database
    from vigilbot.tools.base import Toolbox


def platform_for(settings: Settings, clock: Clock, feed: Feed, db: Database) -> ChatPlatform:
    """Slack when its token is set, otherwise the console."""
    if settings.uses_slack:
        from vigilbot.chat.slack.platform import SlackPlatform  # noqa: PLC0415 - the console does without slack-bolt

        return SlackPlatform(settings, db)
    return ConsolePlatform(clock, settings.data_dir, feed.publish, f"http://{settings.host}:{settings.port}")


def reasoner_for(
    settings: Settings, recorder: CallRecorder, clock: Clock, knowledge: LocalKnowledge, platform: ChatPlatform
) -> Reasoner:
    """The models that VIGIL_MODEL… name, with the built-in extractive reasoner behind them, or that alone."""
    extractive = ExtractiveReasoner(knowledge.configured, knowledge)
    if not settings.uses_models:
        return extractive
    from vigilbot.reasoning.fallback import with_fallbacks  # noqa: PLC0415 - brings prompts and pictures along

    return with_fallbacks(settings, recorder, platform.fetch_image, extractive, clock)


async def check_models(settings: Settings) -> None:
    """Raises ConfigError when a model that the settings name could never be asked."""
    if settings.uses_models or settings.model_second_answer:
        from vigilbot.reasoning.prompted import check  # noqa: PLC0415 - brings prompts and pictures along

        await check(settings)


def second_writer_for(
    settings: Settings, recorder: CallRecorder, clock: Clock, platform: ChatPlatform
) -> SecondWriter | None:
    """Whom VIGIL_MODEL_SECOND_ANSWER and VIGIL_SECOND_ANSWER_PROMPT let write what analysts compare, if any."""
    model, prompt = settings.model_second_answer, settings.second_answer_prompt
    if not (model or prompt):
        return None
    from vigilbot.reasoning.prompted import PromptedReasoner  # noqa: PLC0415 - brings prompts and pictures along
    from vigilbot.reasoning.prompted.choice import Choice  # noqa: PLC0415 - the same

    choice = Choice(settings, model, "model_second_answer")
    writer = PromptedReasoner(settings, recorder, platform.fetch_image, clock, choice=choice, answer_prompt=prompt)
    return SecondWriter(writer, "other_model" if model else "other_prompt", prompt.name if prompt else "")


@asynccontextmanager
async def toolbox_for(settings: Settings, clock: Clock) -> AsyncIterator[Toolbox]:
    """The servers of VIGIL_MCP_CONFIG, brought up in the background. Raises ConfigError for a fault in that file."""
    if settings.mcp_config is None:
        yield NoTools()
        return
    toolbox, tasks = McpToolbox(configuration.load(settings.mcp_config), clock), Tasks()
    tasks.spawn(toolbox.run(), name="tools")
    try:
        yield toolbox
    finally:
        await tasks.drain(0)
