"""Arguments and options that several of the commands take."""

from __future__ import annotations

import getpass
from typing import Annotated, Literal

import typer


def whoever() -> str:
    """The user of the machine, when nobody says who it is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user of that number
        return "admin"


EntryId = Annotated[str, typer.Argument(metavar="ID", help="An entry's id, as `list` and `search` print it.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Entry ids, as `list` and `search` print them.")]
Kind = Annotated[Literal["document", "qa"] | None, typer.Option(help="Only passages, or only pairs.")]
Audiences = Annotated[str | None, typer.Option("--audience", help="everyone, channel:<id> or customer:<id>.")]
Status = Annotated[Literal["active", "pending", "retired"] | None, typer.Option(help="Only entries of this status.")]
Session = Annotated[str | None, typer.Option(help="A session's id.")]
Url = Annotated[str | None, typer.Option(help="The address of a page, or the path of an ingested file.")]
Person = Annotated[str | None, typer.Option(help="A person, as named in provenance and messages.")]
Who = Annotated[
    str, typer.Option(help="Who does it, for the record.", default_factory=whoever, show_default="your user name")
]
Why = Annotated[str, typer.Option(help="Why, for the entry's history.")]
