"""An analyst's words leave their secrets at every door: what is stored and what is posted hold `[secret]` instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.annotations.scene import ask, support
from tests.canaries import canaries, found
from tests.test_canaries import planted, stored
from vigilbot.chat.analysts import Answers
from vigilbot.errors import DecisionRefused
from vigilbot.storage import gaps, suggestions

if TYPE_CHECKING:
    from pathlib import Path

SAID = ("posted", "note", "lacking", "asked", "written")


async def test_what_analysts_write_is_stored_and_posted_without_secrets(tmp_path: Path) -> None:
    async with support(tmp_path, delivery="suggest", annotate_share=0) as scene:
        assert await ask(scene) == "answered"
        [suggestion] = await suggestions.of_session(scene.app.db, scene.place.session_id)
        desk = scene.app.analysts
        await desk.post(suggestion.id, "ann", planted("posted", suggestion.text))
        said = Answers(use="edited", note=planted("note"), lacking=planted("lacking"))
        await desk.annotate(suggestion.turn_id, "ben", said)
        [gap] = await gaps.listed(scene.app.db)
        await desk.close_gap(gap.id, "ann", question=planted("asked"), answer=planted("written"), link="")
        await scene.passes()
        rows = await stored(scene.app.db)
        [card] = scene.platform.posted
    shown = card.parts[0].text
    assert {"rows": found(rows, *SAID), "card": found(shown, *SAID)} == {"rows": [], "card": []}
    assert [place for place in SAID if f"The {place} says token [secret]" not in rows] == [], "it was stored"
    assert repr(shown)[1:-1] in rows, "what is posted is what was stored"


async def test_a_page_is_not_linked_by_an_address_that_holds_a_secret(tmp_path: Path) -> None:
    async with support(tmp_path, annotate_share=0) as scene:
        assert await ask(scene) == "answered"
        [turn] = await scene.turns()
        await scene.app.analysts.annotate(turn.id, "ann", Answers(lacking="the port of the metrics"))
        [gap] = await gaps.listed(scene.app.db)
        link = f"https://docs.example.org/ports?token=ghp_{canaries('link').secrets[0]}"
        with pytest.raises(DecisionRefused, match="holds a secret"):
            await scene.app.analysts.close_gap(gap.id, "ann", question="", answer="", link=link)
