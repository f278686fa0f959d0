"""Long text in parts: nothing lost, nothing too long, cut at the ends of things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from vigilbot.embedding.tokens import load_tokenizer
from vigilbot.knowledge.ingest import cutting
from vigilbot.knowledge.ingest.cutting import cut

if TYPE_CHECKING:
    import pytest

TOKENIZER = load_tokenizer()
TOKENIZER.no_truncation()
WORDS = st.sampled_from(["a", "volume", "kubectl", "e.g.", "E-1234:", "。", "\n\n", "\n", "\n- ", "end.", "重置", "👍"])


def tokens(text: str) -> int:
    return len(TOKENIZER.encode(text, add_special_tokens=False))


@given(st.lists(WORDS, max_size=400).map(" ".join), st.integers(10, 60))
@settings(max_examples=80)
def test_nothing_is_lost_and_everything_fits(text: str, room: int) -> None:
    parts = list(cut(text, TOKENIZER, room))

    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < tokens(part) <= room for part in parts if tokens(part))


def test_paragraphs_come_before_sentences_and_sentences_before_words() -> None:
    sentence = "This sentence has exactly nine words in it now."
    paragraphs = "\n\n".join([" ".join([sentence] * 3)] * 4)
    assert list(cut(paragraphs, TOKENIZER, 70)) == ["\n\n".join([" ".join([sentence] * 3)] * 2)] * 2
    assert all(part.endswith("now.") for part in cut(" ".join([sentence] * 20), TOKENIZER, 50))
    assert {len(part.split()) for part in cut("word " * 90, TOKENIZER, 40)} == {30}


def test_parts_are_about_equal() -> None:
    sizes = [tokens(part) for part in cut("one two three four five. " * 45, TOKENIZER, 250)]
    assert len(sizes) == 2
    assert max(sizes) - min(sizes) < 30


def test_text_without_any_break_is_cut_hard() -> None:
    parts = list(cut("x" * 50 + "0123456789abcdef" * 200, TOKENIZER, 100))
    assert "".join(parts) == "x" * 50 + "0123456789abcdef" * 200


def test_huge_text_is_tokenized_in_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "SLAB", 300)
    text = "\n".join(f"line {n} of a long log file" for n in range(200))

    parts = list(cut(text, TOKENIZER, 40))

    assert "\n".join(parts) == text
