"""Routes for analysts: suggestions, annotations, gaps, and who sees answers first.

Nothing of this is in a session's own view, which a customer's page shows.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, cast, get_args

from aiohttp import web

from vigilbot.annotations.agreement import agreement
from vigilbot.chat.analysts import Answers
from vigilbot.models import EVERYONE, Audience, DeliveryMode, PreferenceGrade, RelevanceGrade, Side, Use, UseReason
from vigilbot.storage import annotations as stored
from vigilbot.storage import gaps, requests, sessions, suggestions, turns
from vigilbot.web.parts import PARTS
from vigilbot.web.requests import LONGEST_TEXT, author_field, fields_of, text_field
from vigilbot.web.responses import json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.chat.analysts import AnalystDesk, Form, Offer

routes = web.RouteTableDef()

LONGEST_LINE = 2_000
MOST_DIGITS = 3
"""Of a passage's number."""
LATEST = 5
"""Ended turns about which an analyst can say something in the side panel, newest first."""


@routes.get("/api/analysts/sessions/{session}")
async def waiting(request: web.Request) -> web.Response:
    """`?author=`: what this analyst can decide and say about a session."""
    db, desk = request.app[PARTS].db, _desk(request)
    session = await sessions.get(db, request.match_info["session"])
    author = request.query.get("author", "")
    offered = [each for each in await suggestions.of_session(db, session.id) if each.mode == "suggest"]
    undecided = [each for each in offered if each.state in ("open", "overtaken")]
    ended = [turn for turn in await turns.of_session(db, session.id) if turn.outcome in ("answered", "refused")]
    shadowed = {each.turn_id for each in await suggestions.of_session(db, session.id)} - {o.turn_id for o in offered}
    latest = [turn for turn in reversed(ended) if turn.id not in shadowed][:LATEST]
    by_form = [each for each in await stored.of_turns(db, [turn.id for turn in latest]) if each.shown_at]
    said = {each.turn_id for each in by_form if each.analyst == author}
    home = await desk.home(author)
    mode = home.deliveries.get(Audience(f"channel:{session.channel}"))
    return json_response(
        {
            "suggestions": [_offer(await desk.offer(each.id, author)) for each in undecided],
            "turns": [
                {
                    **_form(await desk.form(turn.id, author)),
                    "asked": await requests.was_asked(db, turn.id, author),
                    "said": turn.id in said,
                }
                for turn in latest
            ],
            "gaps": [asdict(gap) for gap in home.gaps],
            "delivery": {"audience": f"channel:{session.channel}", "mode": mode, "default": home.default},
            "snoozed": home.snoozed_until > request.app[PARTS].clock.now(),
        }
    )


@routes.post("/api/suggestions/{suggestion}/{decision:post|decline}")
async def decide(request: web.Request) -> web.Response:
    """With `text`, that is posted instead."""
    fields = await fields_of(request, {"author", "text"})
    author, id_ = author_field(fields), request.match_info["suggestion"]
    if request.match_info["decision"] == "decline":
        return json_response({"said": await _desk(request).decline(id_, author)})
    text = text_field(fields, "text", most=LONGEST_TEXT, default="") if "text" in fields else None
    return json_response({"said": await _desk(request).post(id_, author, text)})


@routes.post("/api/turns/{turn}/annotations")
async def annotate(request: web.Request) -> web.Response:
    known = {"author", "use", "reasons", "note", "relevance", "preferred", "grade", "lacking", "shown_at"}
    fields = await fields_of(request, known)
    author = author_field(fields)
    return json_response({"said": await _desk(request).annotate(request.match_info["turn"], author, _answers(fields))})


@routes.post("/api/analysts/snooze")
async def snooze(request: web.Request) -> web.Response:
    return json_response({"said": await _desk(request).snooze(author_field(await fields_of(request, {"author"})))})


@routes.get("/api/annotations/quality")
async def quality(request: web.Request) -> web.Response:
    """How far analysts agree, by kind, and which annotations are doubted and why."""
    db = request.app[PARTS].db
    agreed = agreement(await stored.since(db))
    return json_response(
        {
            "agreement": {kind: asdict(found) for kind, found in agreed.items()},
            "flags": [asdict(flag) for flag in await stored.flags(db)],
        }
    )


@routes.get("/api/gaps")
async def list_gaps(request: web.Request) -> web.Response:
    return json_response({"gaps": [asdict(gap) for gap in await gaps.listed(request.app[PARTS].db)]})


@routes.post("/api/gaps/{gap}/close")
async def close_gap(request: web.Request) -> web.Response:
    fields = await fields_of(request, {"author", "question", "answer", "link"})
    said = await _desk(request).close_gap(
        request.match_info["gap"],
        author_field(fields),
        question=text_field(fields, "question", most=LONGEST_LINE, default=""),
        answer=text_field(fields, "answer", most=LONGEST_TEXT, default=""),
        link=text_field(fields, "link", most=LONGEST_LINE, default=""),
    )
    return json_response({"said": said})


@routes.post("/api/gaps/{gap}/drop")
async def drop_gap(request: web.Request) -> web.Response:
    author = author_field(await fields_of(request, {"author"}))
    return json_response({"said": await _desk(request).drop_gap(request.match_info["gap"], author)})


@routes.post("/api/delivery")
async def choose_delivery(request: web.Request) -> web.Response:
    """`mode` null: as for the wider audience; `audience` is `everyone`, `channel:…` or `customer:…`."""
    fields = await fields_of(request, {"author", "audience", "mode"})
    audience = Audience(text_field(fields, "audience", most=LONGEST_LINE, default=EVERYONE))
    if audience != EVERYONE and not audience.startswith(("channel:", "customer:")):
        raise web.HTTPBadRequest(text="'audience' must be everyone, channel:… or customer:…")
    mode = cast("DeliveryMode | None", _one_of(fields, "mode", get_args(DeliveryMode)))
    return json_response({"said": await _desk(request).choose_delivery(audience, mode, author_field(fields))})


def _desk(request: web.Request) -> AnalystDesk:
    return request.app[PARTS].console.analysts


def _offer(offer: Offer) -> dict[str, object]:
    suggestion = offer.suggestion
    return {
        "id": suggestion.id,
        "turn_id": suggestion.turn_id,
        "question": offer.question,
        "text": suggestion.text,
        "sources": [asdict(source) for source in suggestion.sources],
        "reasoner": suggestion.reasoner,
        "state": suggestion.state,
    }


def _form(form: Form) -> dict[str, object]:
    return {
        "turn_id": form.turn_id,
        "question": form.question,
        "answer": form.answer,
        "passages": [asdict(passage) for passage in form.passages],
        "candidates": form.candidates,
        "asks_use": form.asks_use,
    }


def _answers(fields: Mapping[str, object]) -> Answers:
    shown_at = fields.get("shown_at")
    return Answers(
        use=cast("Use | None", _one_of(fields, "use", get_args(Use))),
        reasons=cast("tuple[UseReason, ...]", _some_of(fields.get("reasons") or [], get_args(UseReason))),
        note=text_field(fields, "note", most=LONGEST_LINE, default=""),
        relevance=_grades(fields.get("relevance") or {}),
        grade=cast("PreferenceGrade | None", _one_of(fields, "grade", get_args(PreferenceGrade))),
        preferred=cast("Side | None", _one_of(fields, "preferred", get_args(Side))),
        lacking=text_field(fields, "lacking", most=LONGEST_LINE, default=""),
        shown_at=float(shown_at) if isinstance(shown_at, int | float) else None,
    )


def _one_of(fields: Mapping[str, object], name: str, allowed: tuple[str, ...]) -> str | None:
    value = fields.get(name)
    if value is not None and value not in allowed:
        raise web.HTTPBadRequest(text=f"{name!r} must be {', '.join(allowed)} or absent")
    return value


def _some_of(value: object, allowed: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(item in allowed for item in value):
        raise web.HTTPBadRequest(text=f"'reasons' must be a list of {', '.join(allowed)}")
    return tuple(dict.fromkeys(value))


def _grades(value: object) -> dict[int, RelevanceGrade]:
    """`{"1": "relevant"}`: by the passage's number."""
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(text="'relevance' must be an object of passage numbers and grades")
    allowed = get_args(RelevanceGrade)
    if not all(
        len(number) <= MOST_DIGITS and number.isdecimal() and grade in allowed for number, grade in value.items()
    ):
        raise web.HTTPBadRequest(text=f"'relevance' must map passage numbers to {', '.join(allowed)}")
    return {int(number): grade for number, grade in value.items()}
