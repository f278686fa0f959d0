"""Passages follow the structure of a document and fit what the encoder reads."""

from __future__ import annotations

import pytest

from vigilbot.knowledge.ingest.chunking import CAPACITY, Chunker, Piece

GUIDE = """---
title: "Storage guide"
date: today
---
What this is.

## Volumes

A volume is a disk:

```sh
# this is no heading
disk attach vol-1
```

### Limits

| size | price |
|------|-------|
| 1 GB | 1     |
| 2 GB | 2     |

## Empty

## Snapshots of *any* `volume`

- keep
- delete
"""


@pytest.fixture(scope="module")
def chunker() -> Chunker:
    return Chunker()


def test_sections_carry_their_heading_path(chunker: Chunker) -> None:
    assert chunker.markdown(GUIDE, "guide") == [
        Piece("Storage guide", "What this is."),
        Piece("Storage guide > Volumes", "A volume is a disk:\n\n```sh\n# this is no heading\ndisk attach vol-1\n```"),
        Piece(
            "Storage guide > Volumes > Limits",
            "| size | price |\n|------|-------|\n| 1 GB | 1     |\n| 2 GB | 2     |",
        ),
        Piece("Storage guide > Snapshots of any volume", "- keep\n- delete"),
    ]


def test_a_document_is_called_by_its_first_heading_or_else_by_its_name(chunker: Chunker) -> None:
    assert chunker.markdown("# Ports\n\nMany.\n\n## Open\n\n80.", "file") == [
        Piece("Ports", "Many."),
        Piece("Ports > Open", "80."),
    ]
    assert chunker.markdown("Just text.", "file") == [Piece("file", "Just text.")]


def test_every_piece_fits_and_no_word_is_lost(chunker: Chunker) -> None:
    words = [f"word{n}" for n in range(3000)]
    text = "# T\n\n" + "\n\n".join(" ".join(words[start : start + 70]) for start in range(0, 3000, 70))

    pieces = chunker.markdown(text, "t")

    assert len(pieces) > 5
    assert all(chunker.tokens(piece.title) + chunker.tokens(piece.text) <= CAPACITY for piece in pieces)
    assert " ".join(piece.text for piece in pieces).split() == words


def test_a_long_table_is_cut_by_rows_under_its_header(chunker: Chunker) -> None:
    rows = [f"| E{n} | error number {n} means that disk {n} is full |" for n in range(60)]
    pieces = chunker.markdown("# Errors\n\n" + "\n".join(["| code | meaning |", "|---|---|", *rows]), "e")

    assert len(pieces) > 2
    assert all(piece.text.startswith("| code | meaning |\n|---|---|\n| E") for piece in pieces)
    assert [row for piece in pieces for row in piece.text.split("\n")[2:]] == rows
    assert all(chunker.tokens(piece.text) <= CAPACITY for piece in pieces)


def test_long_code_stays_fenced(chunker: Chunker) -> None:
    lines = [f"    call_number_{n}(first_argument, second_argument)" for n in range(60)]
    pieces = chunker.markdown("# Code\n\n" + "\n".join(["```python", *lines, "```"]), "c")

    assert len(pieces) > 2
    assert all(piece.text.startswith("```python\n") and piece.text.endswith("\n```") for piece in pieces)
    assert [line for piece in pieces for line in piece.text.split("\n")[1:-1]] == lines


def test_blocks_that_fit_are_never_cut(chunker: Chunker) -> None:
    code = "```\n" + "\n".join(f"step {n} of the long procedure" for n in range(20)) + "\n```"
    filler = "Before we start, some words about nothing in particular. " * 12

    pieces = chunker.markdown(f"# Runbook\n\n{filler}\n\n{code}\n\n{filler}", "r")

    assert sum(code in piece.text for piece in pieces) == 1


def test_plain_text_that_fits_stays_as_it_is(chunker: Chunker) -> None:
    assert chunker.plain("one\n\ntwo\n", "note") == [Piece("note", "one\n\ntwo")]
    assert chunker.plain(" \n", "note") == []
    pieces = chunker.plain("A sentence of several words stands here. " * 200, "note")
    assert len(pieces) > 5
    assert all(piece.text.endswith(".") for piece in pieces)


@pytest.mark.parametrize("text", ["#", "```", "|a|\n|-|", "---\n---\n", "- " * 5000, ">" * 300, "\n" * 999])
def test_odd_markdown_is_no_fault(chunker: Chunker, text: str) -> None:
    assert all(piece.text.strip() for piece in chunker.markdown(text, "odd"))
