"""Does the flywheel turn? Analysts mark what was found for half of the questions; the other half is measured.

What is found is marked as people judged it (the qrels), each mark wrong with NOISE. The product trains on that as
`vigilbot train` does, its gate included. Figures are those of `vigilbot eval retrieve`.
"""

from __future__ import annotations

from benchmarks.flywheel.measuring import measure

__all__ = ["measure"]
