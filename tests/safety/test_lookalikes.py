"""Words in another script's letters are compared as what people read; real words of that script stay."""

from __future__ import annotations

import pytest

from vigilbot.safety.lookalikes import LOOKALIKES, unmasked


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("rеsеt the pаsswоrd", "reset the password"),  # Cyrillic e, a, o
        ("Kυbernetes νersion", "Kubernetes version"),  # Greek u, v
        ("ｅｒｒｏｒ ４０４", "error 404"),
        ("𝐝𝐨𝐜𝐤𝐞𝐫 𝘳𝘶𝘯", "docker run"),
        ("ﬁle conﬁg", "file config"),
        ("сброс пароля", "сброс пароля"),
        ("роса сор", "роса сор"),  # only letters that look Latin, and still Russian
        ("επαναφορά κωδικού", "επαναφορά κωδικού"),
        ("SQLзапрос", "SQLзапрос"),
        ("10 μs, Δt", "10 μs, Δt"),
        ("naïve café Straße", "naïve café Straße"),
        ("plain text", "plain text"),
        ("日本語、ＡＰＩ", "日本語、API"),
    ],
)
def test_masked_words_are_read_and_others_left_alone(written: str, read: str) -> None:
    assert unmasked(written) == read
    assert unmasked(read) == read


def test_every_lookalike_is_a_latin_letter() -> None:
    assert len(LOOKALIKES) == 60
    assert all(chr(int(plain)).isascii() and chr(letter) != chr(int(plain)) for letter, plain in LOOKALIKES.items())
