"""Our own product as training data: the user documentation, and questions about it and about anything else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    text: str
    about_us: bool
    answered_by: tuple[str, ...]
    """Parts of the headings under which the answer stands; empty when the documentation has none."""


def own_questions() -> list[OwnQuestion]:
    """The lines of own_product.txt."""
    found = []
    for line in (HERE / "own_product.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(("+ ", "- ")):
            text, _, headings = line[2:].partition(" | ")
            parts = tuple(part.strip() for part in headings.split(";") if part.strip())
            found.append(OwnQuestion(text, line[0] == "+", parts))
    return found


def own_documentation() -> list[tuple[str, str]]:
    """Heading and text of every section of the user documentation."""
    sections = []
    for file in sorted(DOCS.glob("*.md")):
        for section in re.split(r"^#+ ", file.read_text(encoding="utf-8"), flags=re.MULTILINE):
            heading, _, text = section.strip().partition("\n")
            if text.strip():
                sections.append((heading, text.strip()))
    return sections
