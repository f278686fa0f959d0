"""The order of the examination: what later checks rest on comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.doctor.folder import data_folder, database
from vigilbot.doctor.slack import slack
from vigilbot.doctor.thinking import embedding_and_index, model
from vigilbot.doctor.tickets import categories
from vigilbot.doctor.tools import tools

if TYPE_CHECKING:
    from vigilbot.config import Settings
    from vigilbot.doctor.finding import Finding


async def examine(settings: Settings) -> list[Finding]:
    """Check data folder, database, embedding model, index, models, tools, categories and Slack.

    Changes nothing, never raises. A vigilbot that works in the same data folder meanwhile is not disturbed.
    """
    findings = [data_folder(settings)]
    if findings[-1].ok:
        findings.append(await database(settings))
    if findings[-1].ok:
        findings += await embedding_and_index(settings)
    looked_at = [await model(settings), *await tools(settings), categories(settings)]
    return [*findings, *looked_at, *await slack(settings)]
