"""`python -m vigilbot.knowledge.index.trial FOLDER`: search an index of unknown condition where it may crash.

Exit code 0: every collection could be read and searched.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from vigilbot.knowledge.index.chroma import ChromaStore, Embedded

SEARCHES = 200


def main(folder: Path) -> None:
    index = ChromaStore(Embedded(folder))
    index.open()
    chance = np.random.default_rng(0)
    for name in index.names():
        vectors = index.some_vectors(name, SEARCHES)
        if len(vectors):
            index.nearest(name, vectors + 0.1 * chance.standard_normal(vectors.shape).astype(np.float32), 20)
    index.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
