"""The categories of triage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.doctor.finding import failed, fine
from vigilbot.errors import ConfigError
from vigilbot.tickets.categories import load

if TYPE_CHECKING:
    from vigilbot.config import Settings
    from vigilbot.doctor.finding import Finding


def categories(settings: Settings) -> Finding:
    """The file reads as categories, rules and filters."""
    check = "triage"
    if settings.triage == "off":
        return fine(check, "VIGIL_TRIAGE is off")
    try:
        found = load(settings.tickets, settings.data_dir)
    except ConfigError as error:
        return failed(check, error)
    return fine(
        check,
        f"{len(found.menu)} categories, {len(found.rules)} rules, {len(found.filters)} filters, of {found.source}",
    )
