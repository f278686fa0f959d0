"""Gravity without a language model: what is stated counts, its words are quoted, any admin's categories will do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reasoning.prompted.conftest import dialogue
from vigilbot.errors import ReasonerError
from vigilbot.models import OTHER, Category
from vigilbot.reasoning.extractive import ExtractiveReasoner, sameness
from vigilbot.reasoning.extractive.problems import MOST_JOINED, joined, statement_of
from vigilbot.reasoning.extractive.supposing import is_supposed
from vigilbot.reasoning.extractive.weights import SEVERITY_FILE, load_severity
from vigilbot.reasoning.quotes import verbatim
from vigilbot.tickets.categories import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.embedding.base import Embedder

pytestmark = pytest.mark.asyncio(loop_scope="session")

MENU = shipped().menu


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ("The whole platform is down, nobody at our company can log in since this morning.", "system_failure"),
        ("All files that we stored last week were deleted, the folder is empty.", "asset_loss"),
        ("What happens if the platform goes down one day?", OTHER),
        ("How can I change my password?", OTHER),
        ("I HATE this blue colour!!! Change it back NOW!!!", OTHER),
    ],
)
async def test_what_is_stated_counts(embedder: Embedder, said: str, category: str) -> None:
    found = await ExtractiveReasoner(embedder).triage(dialogue(said), MENU)
    assert found.category == category, found.reason
    assert bool(found.evidence) is (category != OTHER)


@pytest.mark.parametrize(
    "said",
    [
        "What should I do if the service goes down one day?",
        "What would happen if all our files were deleted?",
        "In case the API is unreachable, whom do I call?",
        "If everything goes down at night, who gets paged?",
        "Who do I call when production is down?",
        "What if somebody steals the admin password?",
        "Imagine all requests fail with 503. Would we get an alert?",
        "Should the service ever go down, how do we reach you?",
        "Hello! How should we react if data gets lost? Thanks",
        "Que faire si le service tombe en panne ?",
        "如果服务宕机了，我们怎么联系你们？",
    ],
)
async def test_what_is_only_supposed_calls_nobody(embedder: Embedder, said: str) -> None:
    found = await ExtractiveReasoner(embedder).triage(dialogue(said), MENU)
    assert found.category == OTHER, found.reason


@pytest.mark.parametrize(
    "said",
    [
        "What should I do? The service is down since this morning and nobody can log in.",
        "If I open the portal, every page shows error 503 and nobody can work.",
        "If we restart the cluster it crashes again after a minute, production is down.",
        "What happens if it stays like this? Since nine nobody here can log in, every request ends in 503.",
    ],
)
async def test_an_if_hides_nothing_that_has_happened(embedder: Embedder, said: str) -> None:
    found = await ExtractiveReasoner(embedder).triage(dialogue(said), MENU)
    assert found.category == "system_failure", found.reason


async def test_what_supposes_and_what_asks_about_facts() -> None:
    assert not is_supposed("Can you check if production is down?")
    assert not is_supposed("Where did all our files go if nobody deleted them?")
    assert not is_supposed("What should we do now that all our files are gone?")
    assert not is_supposed("If I log in, all our files are gone, what can we do?")
    assert not is_supposed("what if " * 20_000)
    assert is_supposed("And what if it goes down?")


async def test_evidence_is_quoted_from_the_message_that_shows_it(embedder: Embedder) -> None:
    grave = "By the way, since noon nobody here can log in, every page shows error 503."
    thread = dialogue("Thanks! " + grave, history=(("customer", "How do I add a user?"), ("analyst", "Under Team.")))
    found = await ExtractiveReasoner(embedder).triage(thread, MENU)
    assert found.category == "system_failure"
    assert grave in found.evidence
    assert all(verbatim(quote, thread) == quote for quote in found.evidence)


async def test_the_bots_own_words_are_never_grave(embedder: Embedder) -> None:
    thread = dialogue(
        "How do I add a user?", history=(("bot", "All files are deleted and nobody can log in, the service is down."),)
    )
    assert (await ExtractiveReasoner(embedder).triage(thread, MENU)).category == OTHER


async def test_categories_it_never_saw(embedder: Embedder) -> None:
    menu = [
        Category(
            "safety",
            5,
            "Somebody is hurt or in danger at a machine.",
            ("A worker was injured by the press this morning.", "The robot hit a colleague.", "Smoke comes out of it."),
            ("Where do I find the safety manual?",),
        ),
        Category(OTHER, 0, "Everything else: questions and requests.", ("How do I calibrate the arm?",)),
    ]
    reasoner = ExtractiveReasoner(embedder)
    hurt = await reasoner.triage(dialogue("One of our workers was hurt by the robot arm an hour ago."), menu)
    assert hurt.category == "safety"
    assert (
        await reasoner.triage(dialogue("How do I calibrate the arm after a change of tools?"), menu)
    ).category == OTHER


async def test_an_argument_rests_on_quotes(embedder: Embedder) -> None:
    reasoner = ExtractiveReasoner(embedder)
    thread = dialogue("Good morning. Nobody here can log in since nine, I want to speak to your manager.")
    found = await reasoner.argue(thread, MENU, "customer_complaint")
    assert found.category == "customer_complaint"
    assert found.evidence == ("Nobody here can log in since nine, I want to speak to your manager.",)
    assert found.evidence[0] in found.reason
    assert (await reasoner.argue(thread, MENU, OTHER)).evidence == ()
    assert (await reasoner.argue(dialogue(""), MENU, "asset_loss")).category is None
    assert (await reasoner.argue(thread, MENU, "no such category")).category is None


@pytest.mark.parametrize("text", ["", "   ", "```\ncode only\n```", "🙂", "a" * 50_000])
async def test_odd_dialogues_are_harmless(embedder: Embedder, text: str) -> None:
    reasoner = ExtractiveReasoner(embedder)
    assert (await reasoner.triage(dialogue(text), MENU)).category == OTHER
    assert (await reasoner.triage(dialogue(text), [])).category == OTHER
    assert isinstance(await reasoner.problem(dialogue(text)), str)


async def test_weights_that_cannot_be_read(tmp_path: Path) -> None:
    assert load_severity().coefficients.size
    assert SEVERITY_FILE.stat().st_size < 20_000
    (tmp_path / "severity.npz").write_bytes(b"no weights")
    with pytest.raises(ReasonerError, match=r"severity\.npz: the extractive reasoner's weights cannot be read"):
        load_severity(tmp_path / "severity.npz")


@pytest.mark.parametrize(
    ("one", "other", "differing"),
    [
        ("Export fails with EX-19 in Frankfurt", "Export fails with EX-19 in Singapore", "regions"),
        ("Export fails with EX-19", "Export fails with EX-20", "error codes"),
        ("The API answers 503", "The API answers with status 429", "status codes"),
        ("It crashes since 4.1.2", "It crashes since 4.3.0", "versions or settings"),
        ("The app closes at once on Android", "The app closes at once on iOS", "platforms"),
        ("Export fails with EX-19 in eu-west-1", "Export fails with EX-19", ""),
        ("Sign-in is down in Europe and Asia", "Sign-in is down in Asia", ""),
    ],
)
async def test_what_both_name_must_not_differ(embedder: Embedder, one: str, other: str, differing: str) -> None:
    assert sameness.difference(one, other) == differing
    verdict = await ExtractiveReasoner(embedder).same_problem(one, other)
    assert verdict.same is (not differing)


async def test_what_is_far_apart_stays_undecided(embedder: Embedder) -> None:
    verdict = await ExtractiveReasoner(embedder).same_problem("The invoice export is empty", "Doors do not open")
    assert verdict.same is None


async def test_a_problem_is_stated_without_names_and_ids() -> None:
    thread = dialogue(
        "Hi, this is Nils from Harbour Ltd. The invoice export fails with EX-19 since 9:40. Can you help?",
        history=(("analyst", "Hello Nils"),),
    )
    assert "The invoice export fails with EX-19 since 9:40." in statement_of(thread)
    assert "Nils" not in statement_of(thread)


async def test_a_joint_statement_holds_what_is_new_and_nothing_twice() -> None:
    first = "The invoice export fails with EX-19."
    statement = joined([first, "The invoice export fails with EX-19!", "Monthly reports stay pending in eu-2."])
    assert statement == f"{first} Monthly reports stay pending in eu-2."
    assert len(joined([f"Component {n} of kind{n} fails at step{n} today." for n in range(200)])) <= MOST_JOINED
    assert joined([]) == ""
