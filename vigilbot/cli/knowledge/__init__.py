"""`vigilbot knowledge`: look at entries, correct them, take them along, forget where they came from."""

from __future__ import annotations

import typer

from vigilbot.cli.knowledge import changing, looking

commands = typer.Typer(
    name="knowledge",
    help="""Look at what the bot knows, correct it, forget a source.

    Example: vigilbot knowledge list --status pending
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
)
commands.command("list")(looking.list_entries)
commands.command()(looking.show)
commands.command()(looking.search)
commands.command()(looking.history)
commands.command()(looking.review)
commands.command()(looking.export)
commands.command()(changing.revert)
commands.command()(changing.retire)
commands.command()(changing.approve)
commands.command()(changing.rebuild)
commands.command()(changing.forget)
