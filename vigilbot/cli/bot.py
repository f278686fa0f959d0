"""The bot itself: run it, examine it, set it up."""

from __future__ import annotations

from typing import Annotated

import typer

from vigilbot import __version__
from vigilbot.cli.frame import AsJson, out, print_json, run_until_done, say, settings


def run() -> None:
    """Start the bot, in Slack or on a console page of its own.

    Slack when its tokens are set, otherwise the console: a local page to try everything on.

    Example: VIGIL_SCOPE="Acme cloud: its products and errors" vigilbot run
    """
    chosen = settings()  # a mistake in them is told before the bot's parts are even imported
    from vigilbot.commands.run import serve

    run_until_done(serve(chosen, out))


def doctor(as_json: AsJson = False) -> None:
    """Check everything that is set up, and print one fix per fault.

    Data folder, settings, models, index and tools; with Slack, tokens, scopes and groups too.

    Example: vigilbot doctor
    """
    chosen = settings()
    from vigilbot.doctor import examine, report

    findings = run_until_done(examine(chosen))
    if as_json:
        print_json([finding.as_json() for finding in findings])
    else:
        say(report(findings))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def manifest(
    request_url: Annotated[
        str | None, typer.Option(help="Public address of /slack/events: HTTP mode instead of Socket Mode.")
    ] = None,
) -> None:
    """Print the Slack app manifest, with the least scopes that serve.

    Example: vigilbot manifest > manifest.json
    """
    from vigilbot.chat.slack.manifest import manifest as slack_manifest

    if request_url is not None and not request_url.startswith("https://"):
        raise typer.BadParameter(
            "must be an address that begins with https://, as Slack wants it", param_hint="--request-url"
        )
    print_json(slack_manifest(request_url))


def version() -> None:
    """Print the version.

    Example: vigilbot version
    """
    out.print(__version__, highlight=False)
