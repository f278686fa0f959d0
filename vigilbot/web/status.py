"""What the page tells about the whole process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    """`sources` pairs each source with its number of active entries, largest first."""

    reasoner: str
    """`extractive`, or the name of the model that answers."""
    loading: str
    """What is still being loaded, in words for a person; empty when ready to answer."""
    sources: tuple[tuple[str, int], ...]
    own_docs_only: bool
    """True while vigilbot knows nothing but its own documentation."""
    entries: int = 0
    """Active ones, of documents and learnt."""
    background: str = ""
    """What is under way while questions are answered, in words for a person; empty when nothing is."""

    @property
    def ready(self) -> bool:
        return not self.loading
