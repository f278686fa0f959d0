"""What the shipped categories make of test environments, and the rule they show as an example."""

from __future__ import annotations

from collections import deque
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from tests.fakes import ScriptedReasoner
from tests.reasoning.prompted.conftest import dialogue
from vigilbot.models import OTHER, Severity
from vigilbot.reasoning.extractive import ExtractiveReasoner
from vigilbot.tickets.categories import parsed, shipped
from vigilbot.tickets.severity import ruled, severity

if TYPE_CHECKING:
    from vigilbot.embedding.base import Embedder

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRIALS = (
    "Our staging cluster is down since this morning, nobody in the team can log in, every request ends in 503.",
    "The test environment is unreachable, all API calls time out and the whole team is blocked.",
    "Auf der Testumgebung sind alle Daten gelöscht.",
)
REAL = (
    "staging is fine, production is down",
    "The sandbox works, but live nobody can log in since nine, every request ends in error 503.",
    "We tested it on staging first, and now all our customers get error 503.",
)


@pytest.mark.parametrize("text", TRIALS)
async def test_nobody_is_called_for_a_test_environment(embedder: Embedder, text: str) -> None:
    too_eager = ScriptedReasoner(severities=deque([Severity("system_failure", "it is down", (text,))]))
    for reasoner in (too_eager, ExtractiveReasoner(embedder)):
        assert (await severity(dialogue(text), reasoner, shipped())).category == OTHER


@pytest.mark.parametrize("text", REAL)
async def test_a_test_environment_that_is_only_mentioned_hides_nothing(embedder: Embedder, text: str) -> None:
    judged = ScriptedReasoner(severities=deque([Severity("system_failure", "it is down", (text,))]))
    for reasoner in (judged, ExtractiveReasoner(embedder)):
        assert (await severity(dialogue(text), reasoner, shipped())).category == "system_failure"


async def test_the_rule_shown_as_an_example_is_one_once_its_marks_are_removed() -> None:
    text = resources.files("vigilbot.tickets").joinpath("default.toml").read_text("utf-8")
    example = text[text.index("# [[rule]]") :].replace("# ", "")
    categories = parsed(text + example, "default.toml")
    found = ruled(dialogue("We are an SVIP customer and wait since Monday."), categories)
    assert found is not None
    assert found.category == "customer_complaint"
