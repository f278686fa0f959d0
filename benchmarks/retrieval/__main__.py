"""One part of the measurement, in a process of its own: see `measuring.py`."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.retrieval.measuring import main

main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
