"""Bad input to the console API: the right status and one clear line, never a traceback."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from tests.web.test_api import png
from vigilbot.web.analysts import _answers
from vigilbot.web.requests import author_field, number_field, role_field

if TYPE_CHECKING:
    from tests.web.conftest import Console

CORPUS = Path(__file__).parents[3] / "shared" / "data" / "security"
GOOD = {"author": "Mia", "role": "customer", "text": "Hello"}
SVG = "data:image/svg+xml;base64," + b64encode(b"<svg onload='alert(1)'/>").decode()
FAKE_PNG = "data:image/png;base64," + b64encode(b"<html><script>").decode()


@pytest.mark.parametrize(
    ("change", "status", "line"),
    [
        ({"role": "bot"}, 400, "'role' must be customer or analyst"),
        ({"role": ["customer"]}, 400, "'role' must be customer or analyst"),
        ({"role": None}, 400, "'role' must be customer or analyst"),
        ({"author": ""}, 400, "'author' must not be empty"),
        ({"author": "x" * 81}, 413, "'author' has 81 characters; at most 80 fit"),
        ({"author": 7}, 400, "'author' must be a string"),
        ({"text": ""}, 400, "'text' must not be empty"),
        ({"text": " \n "}, 400, "'text' must not be empty"),
        ({"text": None}, 400, "'text' must be a string"),
        ({"text": {"a": 1}}, 400, "'text' must be a string"),
        ({"text": "x" * 40_001}, 413, "'text' has 40,001 characters; at most 40,000 fit"),
        ({"txet": "x"}, 400, "unknown field 'txet'; known are author, images, role, text"),
        ({"images": "x"}, 400, "'images' must be a list of data URLs"),
        ({"images": [1]}, 400, "'images' must be a list of data URLs"),
        ({"images": [png(n + 1) for n in range(5)]}, 400, "'images' has 5 pictures; at most 4 fit one message"),
        ({"images": ["https://example.org/x.png"]}, 415, "an image must be a base64 data URL: data:image/png;base64,…"),
        ({"images": ["data:image/png;base64,AAA"]}, 400, "an image's base64 is broken"),
        ({"images": [SVG]}, 415, "an image cannot be used: not a PNG, JPEG, GIF or WebP picture"),
        ({"images": [FAKE_PNG]}, 415, "an image cannot be used: not a PNG, JPEG, GIF or WebP picture"),
    ],
)
async def test_a_message_with_a_fault_is_refused_by_name(
    console: Console, change: dict[str, Any], status: int, line: str
) -> None:
    session = await console.open()
    given = await console.call("POST", f"/api/sessions/{session}/messages", {**GOOD, **change})
    assert given == (status, {"error": line})
    assert (await console.view(session))["messages"] == []


async def test_a_body_beyond_every_limit_is_refused(console: Console) -> None:
    session = await console.open()
    huge = {**GOOD, "images": ["data:image/png;base64," + "A" * 30_000_000]}
    status, body = await console.call("POST", f"/api/sessions/{session}/messages", huge)
    assert status == 413
    assert "\n" not in body["error"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/entries?page=00000000199999999999999999999", None),
        ("GET", "/api/entries?limit=000000001000", None),
        ("GET", "/api/entries?page=" + "1" * 5_000, None),
        ("GET", "/api/stats?days=" + "0" * 5_000, None),
        ("POST", "/api/entries/entry-1/revert", {"to": 2**63}),
        ("POST", "/api/entries/entry-1/revert", {"to": -1}),
        ("POST", "/api/entries/entry-1/revert", {"to": True}),
    ],
)
async def test_numbers_beyond_all_bounds_are_refused(
    console: Console, method: str, path: str, body: dict[str, Any] | None
) -> None:
    status, answer = await console.call(method, path, body)
    assert status == 400, answer


@given(
    st.dictionaries(
        st.sampled_from(["use", "reasons", "note", "relevance", "preferred", "grade", "lacking", "shown_at", "to"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-1, 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=5,
        ),
    )
)
def test_whatever_stands_in_a_form_is_read_or_refused(fields: dict[str, object]) -> None:
    for read in (_answers, partial(number_field, name="to"), role_field, author_field):
        with suppress(web.HTTPException):
            read(fields)


async def test_malformed_json_never_passes_and_never_breaks(console: Console) -> None:
    """Every document of the JSON test suite as a body: 400 for what is no object of ours, nothing stored."""
    session = await console.open()
    cases = [
        json.loads(line) for line in (CORPUS / "malformed_json" / "jsontestsuite.jsonl").read_text("utf-8").splitlines()
    ]
    assert len(cases) > 100
    for case in cases:
        raw = b64decode(case["b64"])
        async with console.http.post(
            f"{console.url}/api/sessions/{session}/messages", data=raw, headers={"Content-Type": "application/json"}
        ) as response:
            body = await response.json()
            assert response.status == 400, (case, body)
            assert "\n" not in body["error"]
    assert (await console.view(session))["messages"] == []


async def test_odd_strings_survive_unharmed(console: Console) -> None:
    session = await console.open()
    strings = [text for text in json.loads((CORPUS / "strings" / "blns.json").read_text("utf-8")) if text.strip()]
    for text in strings:
        await console.say(session, "customer", text)
    view = await console.until(session, lambda view: len(view["messages"]) == len(strings))
    assert [message["text"] for message in view["messages"]] == strings


async def test_half_a_surrogate_is_refused(console: Console) -> None:
    session = await console.open()
    async with console.http.post(
        f"{console.url}/api/sessions/{session}/messages",
        data=b'{"author": "Mia", "role": "customer", "text": "\\ud800"}',
        headers={"Content-Type": "application/json"},
    ) as response:
        assert response.status == 400
        assert "not JSON" in (await response.json())["error"]
