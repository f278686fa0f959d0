"""What "it" means before anything was said."""

from __future__ import annotations

import pytest

from tests.reasoning.extractive.dialogues import dialogue
from vigilbot.reasoning.extractive import product
from vigilbot.reasoning.extractive.rewriting import rewritten

ACME = "Acme Cloud: virtual machines, storage and billing"


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        (ACME, "Acme Cloud"),
        ("Questions about Acme Cloud, its limits and errors", "Acme Cloud"),
        ("Everything about the Acme CRM", "Acme CRM"),
        ("Virtual machines and storage of our customers in Europe and Asia", ""),
        ("", ""),
    ],
)
def test_the_product_is_named_at_the_head_of_the_scope(scope: str, name: str) -> None:
    assert product.name_in(scope) == name


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        ("How do I install it?", "How do I install Acme Cloud?"),
        ("do I need docker for this?", "do I need docker for Acme Cloud?"),
        ("Quick question: how much memory does it need?", "Quick question: how much memory does Acme Cloud need?"),
    ],
)
def test_it_is_the_product_when_nothing_was_said_before(asked: str, understood: str) -> None:
    question = rewritten(dialogue("hi", "A: Hello Carl, how can I help?", asked, scope=ACME))
    assert question.text == understood
    assert question.variants == (asked,)


@pytest.mark.parametrize(
    "greeting", ["A: Hello, let me look", "A: One moment, I will check", "Hi, can somebody help me?"]
)
def test_courtesies_and_promises_say_nothing_that_it_may_mean(greeting: str) -> None:
    assert rewritten(dialogue(greeting, "How do I install it?", scope=ACME)).text == "How do I install Acme Cloud?"


@pytest.mark.parametrize(
    "asked",
    [
        "My printer is broken, how do I fix it?",
        "what time is it?",
        "is it possible to resize a disk?",
        "is it raining in London?",
        "How do I resize a disk?",
        "Why does Acme Cloud say that it is full?",
    ],
)
def test_it_is_not_the_product_when_it_means_something_else_or_nothing(asked: str) -> None:
    assert rewritten(dialogue(asked, scope=ACME)).text == asked


@pytest.mark.parametrize(
    "said", ["My backup job fails at night.", "A: The nightly backup job needs a larger disk.", "A: Try a larger disk."]
)
def test_it_is_what_was_spoken_of_before(said: str) -> None:
    assert "Acme" not in rewritten(dialogue(said, "how do I change it?", scope=ACME)).text


def test_what_the_scope_calls_the_product_is_the_product() -> None:
    assert rewritten(dialogue("How do I stop the bot?")).text == "How do I stop vigilbot?"
    assert rewritten(dialogue("How do I stop the bot?", scope=ACME)).text == "How do I stop the bot?"
