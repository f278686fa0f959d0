"""What the commands share: their words for a terminal, and how settings, progress and results get there."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vigilbot import config
from vigilbot.errors import VigilError
from vigilbot.runtime import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

T = TypeVar("T")

out = Console()
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def settings(**overrides: Any) -> config.Settings:
    """The configuration; keys and logs are set up on the way. Raises ConfigError."""
    loaded = config.load(**overrides)
    config.export_provider_keys()
    logs.configure(loaded.log_level)
    return loaded


def run_until_done(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def say(text: str) -> None:
    """Plain lines: nothing in them is taken for markup, wrapped or coloured."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def to_stdout() -> Iterator[Callable[[str], int]]:
    """Write within the block; all of it is out at its end. Raises VigilError when whoever reads has gone."""
    try:
        yield sys.stdout.write
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or flushing it at exit fails once more
        raise VigilError("whoever was reading the output has closed it") from None


def print_json(value: object) -> None:
    with to_stdout() as write:
        write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def progress_bar(label: str) -> Progress:
    """A bar on stderr, gone when its block ends; nothing where stderr is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=err, transient=True, disable=not err.is_terminal)
    progress.add_task(label, total=None)
    return progress


def follower(progress: Progress) -> Callable[[int, int, str], None]:
    """Moves the bar: told (done, total, label)."""
    [task] = progress.task_ids

    def follow(done: int, total: int, label: str) -> None:
        progress.update(task, completed=done, total=total, description=label)

    return follow


def expect_writable(path: Path) -> None:
    """Before the work, not after it: raises VigilError when an option's file cannot be written."""
    place = path if path.exists() else path.parent
    if path.is_dir() or not place.exists() or not os.access(place, os.W_OK):
        raise VigilError(f"{path}: cannot be written; name a file in a folder that is there and may be written to")


def words(text: str) -> tuple[str, ...]:
    """A comma-separated option."""
    return tuple(word.strip() for word in text.split(",") if word.strip())
