"""The commands, and nothing else: each reads its words, calls the part that does the work, prints what came."""

from __future__ import annotations

import sys

import typer

from vigilbot import config
from vigilbot.cli import backtest, bot, evaluate, export, import_history, ingest, knowledge, stats, training
from vigilbot.cli.frame import err
from vigilbot.errors import VigilError

commands = typer.Typer(
    name="vigilbot",
    help="""The support bot that helps without being asked.

    Every command has help with an example: vigilbot ingest --help
    """,
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
commands.command()(bot.run)
commands.command()(bot.doctor)
commands.command()(bot.manifest)
commands.command()(ingest.ingest)
commands.command(name="import")(import_history.import_history)
commands.add_typer(knowledge.commands)
commands.command()(backtest.backtest)
commands.command(name="eval")(evaluate.evaluate)
commands.add_typer(export.commands)
commands.command()(training.train)
commands.add_typer(training.models)
commands.command()(stats.stats)
commands.command()(bot.version)


def main() -> None:
    """Run a command; what an admin can mend ends in one line and exit code 1, never in a traceback."""
    config.set_vendor_defaults()
    try:
        commands()
    except VigilError as error:
        err.print(f"vigilbot: {error}", style="bold red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
