"""Run benchmarks by name, all of them when none is given: `python -m benchmarks ingest`.

What follows a single name goes to it: `python -m benchmarks retrieval --entries 10000`.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from itertools import takewhile
from pathlib import Path

from vigilbot import config

NAMES = sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]) if found.name != "__main__")


def main(arguments: list[str]) -> int:
    """Each benchmark is a module with `measure(*options) -> Iterator[dict]`: one row of figures a case."""
    asked = list(takewhile(lambda argument: not argument.startswith("-"), arguments))
    options = arguments[len(asked) :]
    if unknown := [name for name in asked if name not in NAMES]:
        print(f"no benchmark {unknown[0]}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    if options and len(asked) != 1:
        print(f"{options[0]}: options need one benchmark before them", file=sys.stderr)
        return 2
    config.set_vendor_defaults()  # as the command line does, before numpy is loaded
    for name in asked or NAMES:
        for figures in importlib.import_module(f"benchmarks.{name}").measure(*options):
            print(json.dumps({"benchmark": name} | figures), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
