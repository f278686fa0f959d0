"""Which pages that analysts share are worth keeping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reasoning.extractive.lessons import session

if TYPE_CHECKING:
    from vigilbot.reasoning.extractive import ExtractiveReasoner

ASKED = "carl: How do I raise the upload limit of a storage bucket?"
UPLOADS = (
    "A bucket accepts files up to its upload limit. To raise the limit, open the bucket's settings, change the maximum "
    "upload size and save. The new limit holds for uploads that start afterwards."
)


async def test_a_page_about_the_question_is_kept(reasoner: ExtractiveReasoner) -> None:
    found = await reasoner.judge_page(session(ASKED), "Upload limits of buckets", UPLOADS)
    assert found.relevant
    assert "what the customer asked" in found.reason


async def test_a_page_within_scope_is_kept(reasoner: ExtractiveReasoner) -> None:
    text = (
        "Networking between hosts in the cloud: security groups, subnets, object storage endpoints and the SDKs. " * 3
    )
    assert (await reasoner.judge_page(session("carl: is the weekend shift staffed?"), "Hosts", text)).relevant


async def test_a_page_about_something_else_is_not(reasoner: ExtractiveReasoner) -> None:
    text = "Whisk the eggs with sugar until pale, fold in the flour, and bake the sponge for twenty-five minutes. " * 3
    assert not (await reasoner.judge_page(session(ASKED), "A sponge cake", text)).relevant


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("404 Not Found", UPLOADS),
        ("Sign in to Acme", UPLOADS),
        (
            "Acme",
            "Upload limits of buckets. Sign in to continue. Forgot your password? Create an account. Terms apply.",
        ),
        (
            "Acme",
            "We use cookies to improve the upload of buckets. Accept all cookies or manage your preferences here.",
        ),
        (
            "Just a moment...",
            "Checking your browser before you reach the upload limit of buckets, this takes a second.",
        ),
        ("Upload limits", ""),
    ],
)
async def test_pages_that_say_nothing_are_refused(reasoner: ExtractiveReasoner, title: str, text: str) -> None:
    assert not (await reasoner.judge_page(session(ASKED), title, text)).relevant
