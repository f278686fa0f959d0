"""Starts the process that is to be killed, again and again, without paying for its imports each time.

A fork server (`zygote.py vigilbot` or `naive`): it has imported what the program imports, holds no thread and no file
of it, and forks. What runs in the child is the command line itself, `vigilbot run`, as in any other process. One JSON
object a line comes in (the environment), one a line goes out (`{"pid"}`, later `{"pid", "ended"}`).
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import threading

from vigilbot import config
from vigilbot.runtime import failpoints

PROGRAMS = {"vigilbot": "vigilbot.cli", "naive": "benchmarks.chaos.naive"}
IMPORTED = {
    "vigilbot": (
        "vigilbot.cli",
        "vigilbot.commands.run",
        "vigilbot.embedding.bundled",
        "vigilbot.knowledge.index.embedded",
        "vigilbot.chat.slack.platform",
        "vigilbot.reasoning.extractive.reasoner",
        "chromadb.api.rust",
    ),
    "naive": ("benchmarks.chaos.naive",),
}
POINT, REACHED_TIMES = "CHAOS_POINT", "CHAOS_REACHED_TIMES"
"""Environment variables of a life: where it is to die, and the how-manieth time it gets there."""


PR_SET_PDEATHSIG = 1
"""linux/prctl.h"""


def main() -> None:
    _die_with(os.getppid())
    config.set_vendor_defaults()
    for name in IMPORTED[sys.argv[1]]:
        importlib.import_module(name)
    if threading.active_count() != 1:
        raise RuntimeError("a process with threads cannot be forked safely")
    server = os.getpid()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _die_with(server)
            _live(sys.argv[1], json.loads(line))
        _tell({"pid": pid})
        _, status = os.waitpid(pid, 0)
        _tell({"pid": pid, "ended": os.waitstatus_to_exitcode(status)})


def _tell(what: dict[str, int]) -> None:
    print(json.dumps(what), flush=True)


def _die_with(parent: int) -> None:
    """Be killed when the parent dies, however it does: nobody else would end this process.

    https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
    """
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it has died before the kernel was told
        os._exit(1)


def _live(program: str, environment: dict[str, str]) -> None:
    """In the child: become the program, and die at the point that was asked for."""
    os.setsid()
    log = os.open(environment["CHAOS_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(environment)
    _die_at(environment.get(POINT, ""), int(environment.get(REACHED_TIMES, "1")))
    sys.argv = [program, "run"]
    importlib.import_module(PROGRAMS[program]).main()
    os._exit(0)


def _die_at(point: str, times: int) -> None:
    left = times

    def listener(reached: str) -> None:
        nonlocal left
        left -= reached == point
        if reached == point and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if point:
        failpoints.listen(listener)


if __name__ == "__main__":
    main()
