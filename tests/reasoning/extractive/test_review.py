"""How a posted answer stands up to what follows: every verdict, and both case studies of the Vigil paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reasoning.extractive.lessons import answered, session
from vigilbot.reasoning.extractive.conditions import conditions_in

if TYPE_CHECKING:
    from vigilbot.models import Review
    from vigilbot.reasoning.extractive import ExtractiveReasoner

QUESTION = "Why does my upload fail with SignatureDoesNotMatch?"
ANSWER = "Encode the file name in UTF-8, so that it matches the signature."


async def reviewed(reasoner: ExtractiveReasoner, *after: str, question: str = QUESTION, answer: str = ANSWER) -> Review:
    dialogue = session(f"carl: {question}", f"bot: {answer}", *after)
    return await reasoner.review(dialogue, answered(dialogue, question, answer))


@pytest.mark.parametrize(
    "after",
    [
        (),
        ("carl: thanks, that worked",),
        ("carl: great, it works now", "Ana: glad to hear"),
        ("Ana: yes",),
        ("Ana: What the bot says is the way to go, I can confirm it.",),
        ("Ana: You have to encode the file name in UTF-8, then it matches the signature.",),
    ],
)
async def test_keep(reasoner: ExtractiveReasoner, after: tuple[str, ...]) -> None:
    found = await reviewed(reasoner, *after)
    assert found.verdict == "keep"
    assert not found.misleading


@pytest.mark.parametrize(
    "after",
    [
        ("carl: hm, that didn't help", "Ana: let me look into it"),
        ("Ana: which SDK do you use?", "carl: still the same error"),
    ],
)
async def test_undecided(reasoner: ExtractiveReasoner, after: tuple[str, ...]) -> None:
    found = await reviewed(reasoner, *after)
    assert found.verdict is None
    assert found.pair is None


@pytest.mark.parametrize("said", ["That is wrong.", "The card is outdated", "No, ignore the bot, that's not correct."])
async def test_delete(reasoner: ExtractiveReasoner, said: str) -> None:
    found = await reviewed(reasoner, f"Ana: {said}")
    assert found.verdict == "delete"
    assert found.misleading == (2,)
    assert found.message_ids == ("2",)


async def test_a_customer_cannot_delete(reasoner: ExtractiveReasoner) -> None:
    assert (await reviewed(reasoner, "cleo: that is wrong, the card is outdated")).verdict != "delete"


async def test_a_contradiction_with_its_remedy_updates(reasoner: ExtractiveReasoner) -> None:
    found = await reviewed(reasoner, "Ana: That's outdated. Since last week you need to sign the path, not the name.")
    assert found.verdict == "update"
    assert found.pair is not None
    assert found.pair.answer == "Since last week you need to sign the path, not the name."


async def test_case_of_the_signature_it_is_narrowed(reasoner: ExtractiveReasoner) -> None:
    found = await reviewed(
        reasoner,
        "carl: we already encode it, still the same error",
        "Ana: which SDK is it?",
        "carl: the Go SDK v2.1.3 with STS tokens",
        "Ana: That is a known bug of the Go SDK v2.1.3 with STS tokens: the token is left out of the signature. "
        "You need to upgrade to v2.1.4.",
        "carl: works now, thank you",
    )
    assert found.verdict == "update"
    assert found.misleading == (2,)
    assert found.pair is not None
    assert "SignatureDoesNotMatch" in found.pair.question
    assert "Go SDK v2.1.3 with STS tokens" in found.pair.question
    assert "upgrade to v2.1.4" in found.pair.answer
    assert "5" in found.message_ids


async def test_case_of_the_host_failure_its_workaround_is_learnt(reasoner: ExtractiveReasoner) -> None:
    dialogue = session(
        "carl: Our service is down since this morning, it says host machine failure. What can we do?",
        "Ana: let me look",
        "Ana: The automatic evacuation has not run as expected.",
        "Ana: As a workaround you can migrate the service by hand to a reserved host.",
        "carl: ok, doing that",
        "carl: it is up again, thanks",
    )
    found = await reasoner.extract(dialogue, await reasoner.rewrite(session(f"carl: {dialogue.turn_text}")))
    assert found.pair is not None
    assert "3" in found.message_ids
    assert "migrate the service by hand to a reserved host" in found.pair.answer


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("That only applies if you use STS", ["if you use STS"]),
        ("It is fixed in 2.1.4, please upgrade to 2.1.4", []),
        ("Only in eu-west-1, elsewhere it is fine", ["eu-west-1"]),
        ("This is the behaviour of version 3.2 and newer", ["version 3.2 and newer"]),
    ],
)
def test_conditions(said: str, expected: list[str]) -> None:
    assert conditions_in([said], QUESTION) == expected


@pytest.mark.parametrize(
    "said",
    [
        "No, restarting does not help, the answer above is wrong for IPv6 only nodes. Set `dns64: true` there instead.",
        "That is not correct for the free plan, it is ignored there. On the free plan encode the file name in base64.",
        "This only applies to the old SDK. With the new one you need to upgrade to the signed client.",
        "That answer does not hold for STS tokens. Upgrade the SDK to 2.1.4 when you use them.",
    ],
)
async def test_a_contradiction_with_a_condition_is_an_update(reasoner: ExtractiveReasoner, said: str) -> None:
    found = await reviewed(reasoner, f"Ana: {said}")
    assert found.verdict == "update"
    assert found.pair is not None
    assert found.misleading == (2,)


async def test_an_update_in_nearly_the_same_words_is_still_an_update(reasoner: ExtractiveReasoner) -> None:
    said = "That is wrong for Windows. Encode the file name in UTF-16 there, so that it matches the signature."
    found = await reviewed(reasoner, f"Ana: {said}")
    assert found.verdict == "update"


async def test_why_the_card_is_wrong_is_no_part_of_the_better_answer(reasoner: ExtractiveReasoner) -> None:
    said = "That is not correct for the free plan, names are ignored there. On the free plan rename the file first."
    found = await reviewed(reasoner, f"Ana: {said}")
    assert found.pair is not None
    assert found.pair.answer == "On the free plan rename the file first."
