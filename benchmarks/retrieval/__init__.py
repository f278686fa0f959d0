"""The retrieve step of a large knowledge base: the product's own search beside plain Chroma and a numpy scan.

Entries, vectors and token vectors are described in `building.py`; what is asked are real questions, embedded for real
within the measured time, through `LocalKnowledge.search` as a turn calls it.
"""

from __future__ import annotations

from benchmarks.retrieval.measuring import measure

__all__ = ["measure"]
