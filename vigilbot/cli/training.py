"""Commands that train from what analysts said, and switch what was trained."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from vigilbot.cli.frame import AsJson, follower, print_json, progress_bar, run_until_done, say, settings
from vigilbot.cli.knowledge.options import Who

Kind = Annotated[Literal["retriever", "reranker"], typer.Argument(help="Which of the two models.")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what was said from this day on.")]

models = typer.Typer(
    name="models",
    help="""List what was trained, switch it on, go back.

    Example: vigilbot models use retriever
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
)


def train(
    kind: Kind,
    who: Who,
    use: Annotated[bool, typer.Option("--use", help="Switch it on at once, if it is offered.")] = False,
    seed: Annotated[int, typer.Option(help="The same data and seed make the same model.")] = 0,
    golden: Annotated[
        Path | None, typer.Option(help="JSONL of {id, text, entries}: questions that must not get worse.")
    ] = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Train the search from what analysts and customers said.

    From annotations, accepts and adopted answers; offered only if better on what was held back.

    Example: vigilbot train retriever --use
    """
    from vigilbot.flywheel.training import switching
    from vigilbot.flywheel.training.training import Order, train
    from vigilbot.knowledge.standalone import searchable
    from vigilbot.models import TrainedModel
    from vigilbot.runtime.clock import WallClock

    order = Order(kind, who, seed, since.timestamp() if since else 0.0, golden)

    async def work() -> TrainedModel:
        async with searchable(settings()) as knowledge:
            now = WallClock().now()
            with progress_bar("Training") as progress:
                model = await train(knowledge, order, now, follower(progress))
            if use and model.offered:
                await switching.use(knowledge.db, kind, model.version, knowledge.embedder, who, "trained", now)
            return model

    model = run_until_done(work())
    if as_json:
        print_json({**asdict(model), "in_use": use and model.offered})
        return
    say(f"{model.name}, from {model.questions:,} questions with {model.marks:,} marks: {model.reason}")
    if not model.offered:
        say("not offered: nothing has changed")
    elif use:
        say(f"in use from the next question on; `vigilbot models back {kind}` undoes it")
    else:
        say(f"`vigilbot models use {kind}` switches it on")


@models.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List every training with its gain and what is in use.

    Example: vigilbot models list
    """
    from vigilbot.knowledge.standalone import reading
    from vigilbot.storage import trained

    async def read() -> None:
        async with reading(settings()) as db:
            known, used, switches = await trained.listed(db), await trained.in_use(db), await trained.switches(db)
        on = {model.version for model in used}
        if as_json:
            rows = [{**asdict(model), "in_use": model.version in on} for model in known]
            print_json({"models": rows, "switches": [asdict(one) for one in switches]})
            return
        for model in known:
            state = "in use" if model.version in on else "offered" if model.offered else "not offered"
            when = datetime.fromtimestamp(model.trained_at).astimezone().strftime("%Y-%m-%d %H:%M")
            say(f"{model.name:<14} {state:<12} {when}  {model.reason}")
        if not known:
            say("nothing has been trained yet; `vigilbot train retriever` does")

    run_until_done(read())


@models.command()
def use(
    kind: Kind,
    who: Who,
    version: Annotated[
        int | None, typer.Argument(min=1, help="Which version; the latest that is offered if not given.")
    ] = None,
    why: Annotated[str, typer.Option(help="Why, for the record.")] = "switched on",
) -> None:
    """Switch a trained model on. A running bot uses it from the next question on.

    Example: vigilbot models use retriever
    """
    from vigilbot.flywheel.training import switching
    from vigilbot.knowledge.standalone import searchable
    from vigilbot.models import TrainedModel
    from vigilbot.runtime.clock import WallClock

    async def work() -> TrainedModel:
        async with searchable(settings()) as knowledge:
            return await switching.use(knowledge.db, kind, version, knowledge.embedder, who, why, WallClock().now())

    say(f"{run_until_done(work()).name} is in use from the next question on; `vigilbot models back {kind}` undoes it")


@models.command()
def back(
    kind: Kind, who: Who, why: Annotated[str, typer.Option(help="Why, for the record.")] = "switched back"
) -> None:
    """Go back to what was in use before the last switch.

    Example: vigilbot models back retriever
    """
    from vigilbot.flywheel.training import switching
    from vigilbot.knowledge.standalone import reading
    from vigilbot.runtime.clock import WallClock

    async def work() -> int | None:
        async with reading(settings()) as db:
            return await switching.back(db, kind, who, why, WallClock().now())

    version = run_until_done(work())
    say(f"{kind} {version} is in use again" if version else f"no trained {kind} is in use any more")
