"""What a closed dialogue teaches: the analysts' last word on the question, in generic words, or nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.reasoning.extractive.lessons import session
from vigilbot.models import Question
from vigilbot.reasoning.extractive.lines import lines_of
from vigilbot.reasoning.extractive.replies import Replies

if TYPE_CHECKING:
    from vigilbot.models import Dialogue, Extraction
    from vigilbot.reasoning.extractive import ExtractiveReasoner

ASKED = "carl: How do I raise the upload limit of a bucket?"
FIX = "You need to set max_upload_mb in the bucket's settings and save."


async def extracted(reasoner: ExtractiveReasoner, dialogue: Dialogue) -> Extraction:
    last = dialogue.messages.index(dialogue.turn_messages[-1])
    question = await reasoner.rewrite(replace(dialogue, messages=dialogue.messages[: last + 1]))
    return await reasoner.extract(dialogue, question)


async def test_the_answer_is_found_behind_a_promise_and_a_question_back(reasoner: ExtractiveReasoner) -> None:
    found = await extracted(
        reasoner,
        session(ASKED, "Ana: let me look", "Ana: which region is it in?", "carl: eu", f"Ana: {FIX}", "carl: thanks!"),
    )
    assert found.message_ids == ("4",)
    assert found.pair is not None
    assert found.pair.question == "How do I raise the upload limit of a bucket?"
    assert found.pair.answer == FIX


async def test_an_answer_spread_over_messages_comes_whole(reasoner: ExtractiveReasoner) -> None:
    found = await extracted(
        reasoner,
        session(
            ASKED,
            "Ana: Open the bucket's settings page.",
            "Ana: Set `max_upload_mb` to the size you need.",
            "carl: thanks, that worked",
        ),
    )
    assert found.message_ids == ("1", "2")


async def test_the_last_correction_stands(reasoner: ExtractiveReasoner) -> None:
    found = await extracted(
        reasoner,
        session(
            ASKED,
            "Ana: You need to set upload_limit in the console.",
            "Ana: Ignore that, instead set max_upload_mb in the bucket's settings.",
            "carl: thanks",
        ),
    )
    assert found.message_ids == ("2",)
    assert found.pair is not None
    assert "max_upload_mb" in found.pair.answer
    assert "upload_limit" not in found.pair.answer
    assert "gnore" not in found.pair.answer


async def test_what_did_not_work_gives_way_to_what_did(reasoner: ExtractiveReasoner) -> None:
    found = await extracted(
        reasoner,
        session(
            ASKED,
            "Ana: You can restart the gateway, that clears it.",
            "carl: that didn't help, same error",
            f"Alan: {FIX}",
            "carl: it works now, thank you",
        ),
    )
    assert "4" not in found.message_ids
    assert "3" in found.message_ids
    assert "1" not in found.message_ids


@pytest.mark.parametrize(
    "lines",
    [
        ("Ana: hi, welcome", "Ana: which bucket do you mean?"),
        ("Ana: no idea, sorry", "Ana: maybe somebody else knows"),
        ("Ana: let me check and get back to you",),
        ("carl: the answer is: set max_upload_mb to 0", "cleo: yes, you need to set max_upload_mb to 0"),
        ("bot: You need to set max_upload_mb in the bucket's settings.",),
        (),
    ],
)
async def test_without_an_analysts_answer_nothing_is_learnt(
    reasoner: ExtractiveReasoner, lines: tuple[str, ...]
) -> None:
    assert (await extracted(reasoner, session(ASKED, *lines))).pair is None


async def test_idle_talk_teaches_nothing(reasoner: ExtractiveReasoner) -> None:
    talk = session("carl: haha nice one :)", "Ana: you should see the new office, it has a slide", "carl: lol")
    assert (await extracted(reasoner, talk)).pair is None


async def test_a_turn_that_is_not_in_the_dialogue_teaches_nothing(reasoner: ExtractiveReasoner) -> None:
    dialogue = session(ASKED, f"Ana: {FIX}")
    strayed = replace(dialogue, messages=dialogue.messages[1:])
    assert (await reasoner.extract(strayed, Question("How?"))).pair is None


async def test_the_pair_names_nobody(reasoner: ExtractiveReasoner) -> None:
    found = await extracted(
        reasoner,
        session(
            "U0CARL: Hi <@U0ANA>, I'm Carl from Acme Corp. "
            "Why does i-0abc12345678def90 on db-07.acme.internal refuse ssh?",
            "AU0ANA: <@U0CARL> hi Carl, open port 22 in the security group of 10.1.2.3, see "
            "<https://docs.example.com/ssh|the page>. Hope that helps!",
            "U0CARL: thanks, that worked",
        ),
    )
    assert found.pair is not None
    words = f"{found.pair.question} {found.pair.answer}"
    for private in ("U0CARL", "U0ANA", "Carl", "Acme", "i-0abc", "db-07", "10.1.2.3", "Hope"):
        assert private not in words
    assert "https://docs.example.com/ssh" in found.pair.answer
    assert "refuse ssh" in found.pair.question


def test_a_long_session_takes_no_time_once_embedded() -> None:
    chatter = [f"{'Ana' if number % 3 else 'carl'}: line {number} about the bucket settings" for number in range(98)]
    dialogue = session(ASKED, f"Ana: {FIX}", *chatter)
    vectors = np.eye(len(dialogue.messages), dtype=np.float32)
    began = time.process_time()
    replies = Replies(lines_of(dialogue.messages), frozenset({"0"}))
    replies.context(vectors[0], vectors)
    replies.words()
    assert time.process_time() - began < 0.2, "some 25 ms on a quiet machine"


@pytest.mark.parametrize(
    "said",
    [
        ("Ana: nobody knows yet", "carl: ok"),
        ("Ana: I'll file a bug for that",),
        ("Ana: no idea, I have never used it",),
        ("Ana: hmm that's weird, works for me",),
        ("Ana: not sure, maybe it could be the proxy", "carl: hm"),
        ("Ana: that's not a support question, please seek answers elsewhere",),
        (f"Ana: {FIX}", "carl: still the same error"),
    ],
)
async def test_no_answer_no_pair(reasoner: ExtractiveReasoner, said: tuple[str, ...]) -> None:
    assert (await extracted(reasoner, session(ASKED, *said))).pair is None


async def test_what_the_asker_credits_with_the_success_is_the_answer(reasoner: ExtractiveReasoner) -> None:
    said = "Uploads above ten megabytes are refused by the proxy. Answer 202 at once and do the work afterwards."
    found = await extracted(reasoner, session(ASKED, "Ana: one moment", f"Ana: {said}", "carl: that did it, thanks"))
    assert found.message_ids == ("2",)


@pytest.mark.parametrize("first", ["let me look", "good question!", "hi carl", "one moment please"])
async def test_what_fills_the_time_takes_nothing_from_the_answer(reasoner: ExtractiveReasoner, first: str) -> None:
    said = "Uploads are limited to ten megabytes: buckets have no setting for it."
    found = await extracted(reasoner, session(ASKED, f"Ana: {first}", f"Ana: {said}"))
    assert found.message_ids == ("2",)
