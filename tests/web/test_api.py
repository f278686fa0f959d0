"""The console API as a script drives it."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from vigilbot.models import Image as Attached

if TYPE_CHECKING:
    from tests.web.conftest import Console


def png(width: int = 3) -> str:
    out = io.BytesIO()
    Image.new("RGB", (width, 2), "red").save(out, "PNG")
    return "data:image/png;base64," + b64encode(out.getvalue()).decode()


async def test_a_session_from_silence_to_an_accepted_card(console: Console) -> None:
    session = await console.open("Which port?")
    first = await console.say(session, "customer", "Is anybody there?")
    view = await console.until(session, lambda view: view["messages"])
    assert view["session"] | {"opened_at": 0, "active_at": 0} == {
        "id": session,
        "platform": "console",
        "title": "Which port?",
        "state": "open",
        "muted": False,
        "opened_at": 0,
        "active_at": 0,
        "engaged_at": None,
        "closed_at": None,
    }
    assert [message["id"] for message in view["messages"]] == [first]
    assert view["turns"] == view["cards"] == []
    assert view["messages"][0]["note"]["text"] == "Waiting: no analyst has joined yet"

    view = await console.answered(session)
    assert view["session"]["state"] == "engaged"
    assert view["messages"][0]["note"]["text"] == "Silent: no analyst had joined yet"
    [turn], [card] = view["turns"], view["cards"]
    assert turn["outcome"] == "answered"
    assert turn["question"] == "Which port does vigilbot use?"
    assert turn["message_ids"] == [view["messages"][2]["id"]]
    assert turn["references"][0]["title"] == "Ports"
    assert turn["timings"] == {"total": 12.0}
    assert (card["text"], card["turn_id"], card["reasoner"]) == ("It is 8008 [1].", turn["id"], "extractive")
    assert card["sources"] == [
        {
            "number": 1,
            "entry_id": "entry-1",
            "title": "Ports",
            "url": "https://docs.example.org/ports",
            "excerpt": "The console listens on port 8008.",
        }
    ]

    status, accepted = await console.call("POST", f"/api/cards/{card['id']}/accept", {"author": "Mia"})
    assert (status, accepted["state"], accepted["accepted_by"]) == (200, "accepted", "Mia")
    status, again = await console.call("POST", f"/api/cards/{card['id']}/accept", {"author": "Sam", "role": "analyst"})
    assert (status, again["accepted_by"], again["accepted_at"]) == (200, "Mia", accepted["accepted_at"])


async def test_only_who_took_part_can_accept(console: Console) -> None:
    card = (await console.answered(await console.open()))["cards"][0]
    status, body = await console.call("POST", f"/api/cards/{card['id']}/accept", {"author": "Eve"})
    assert status == 403
    assert "only somebody who wrote in this session" in body["error"]


async def test_each_silence_is_explained_in_place(console: Console) -> None:
    session = await console.open()
    await console.say(session, "analyst", "Hello.")
    console.script = ["out_of_scope", "duplicate", "overtaken", "refused", "no_assistance", "failed"]
    for count in range(1, 7):
        await console.say(session, "customer", f"Question {count}?")
        await console.until(
            session, lambda view, n=count: sum(turn["outcome"] is not None for turn in view["turns"]) == n
        )
    view = await console.view(session)
    notes = [message["note"] for message in view["messages"] if message["role"] == "customer"]
    assert [note["text"] for note in notes] == [
        "Silent: out of scope — as scripted",
        "Silent: duplicate — as scripted",
        "Silent: overtaken — as scripted",
        "Silent: refused — as scripted",
        "Silent: no help needed — as scripted",
        "No answer: something failed — as scripted",
    ]
    assert [note["turn_id"] for note in notes] == [turn["id"] for turn in view["turns"]]
    assert view["turns"][1]["answer"] == "It is 8008 [1]."


async def test_mute_silences_and_unmute_lets_speak(console: Console) -> None:
    session = await console.open()
    await console.say(session, "analyst", "Hello.")
    assert await console.call("POST", f"/api/sessions/{session}/mute") == (200, {"id": session})
    await console.say(session, "customer", "Which port?")
    view = await console.until(session, lambda view: len(view["messages"]) == 2 and view["notices"])
    assert view["session"]["muted"]
    assert view["turns"] == []
    assert view["messages"][1]["note"] == {
        "kind": "muted",
        "text": "Muted: vigilbot stays silent in this session",
        "turn_id": None,
    }
    assert view["notices"][0]["text"].startswith("Muted")
    await console.call("POST", f"/api/sessions/{session}/unmute", {"author": "Sam"})
    await console.say(session, "customer", "And now?")
    assert (await console.until(session, lambda view: view["turns"]))["messages"][2]["note"]["turn_id"]


async def test_a_mentioned_command_is_obeyed_and_answered(console: Console) -> None:
    session = await console.open()
    await console.say(session, "analyst", "@vigilbot status")
    view = await console.until(session, lambda view: view["notices"])
    assert view["messages"] == []
    assert view["notices"][0]["text"] == "I am waiting: no analyst has joined this thread yet."
    assert view["notices"][0]["to"] == "Sam"
    await console.say(session, "analyst", "@vigilbot, close")
    assert (await console.until(session, lambda view: view["session"]["state"] == "closed"))["session"]["closed_at"]


async def test_a_mention_is_answered_without_an_analyst(console: Console) -> None:
    session = await console.open()
    console.script = ["refused"]
    await console.say(session, "customer", "@vigilbot what is the meaning of life?")
    view = await console.until(session, lambda view: view["notices"])
    assert view["turns"][0]["outcome"] == "refused"
    assert view["notices"][0]["text"] == "I found nothing in my sources that answers this reliably."


async def test_a_closed_session_takes_nothing_more(console: Console) -> None:
    session = await console.open()
    message = await console.say(session, "customer", "Hello?")
    assert await console.call("POST", f"/api/sessions/{session}/close") == (200, {"id": session})
    view = await console.view(session)
    assert view["session"]["state"] == "closed"
    assert view["messages"][0]["note"]["text"] == "Silent: no analyst joined before the session was closed"
    for method, path, body in (
        ("POST", "messages", {"author": "Mia", "role": "customer", "text": "One more thing"}),
        ("PATCH", f"messages/{message}", {"text": "changed"}),
        ("DELETE", f"messages/{message}", None),
        ("POST", "mute", {}),
    ):
        status, answer = await console.call(method, f"/api/sessions/{session}/{path}", body)
        assert (status, answer["error"]) == (409, "this session is closed; open a new one")
    assert (await console.call("POST", f"/api/sessions/{session}/close"))[0] == 200


async def test_edit_and_delete_show_at_once(console: Console) -> None:
    session = await console.open()
    message = await console.say(session, "customer", "Hello?")
    path = f"/api/sessions/{session}/messages/{message}"
    assert await console.call("PATCH", path, {"text": "Hello, world?"}) == (200, {"id": message})
    [shown] = (await console.view(session))["messages"]
    assert (shown["text"], shown["edited_at"] is None) == ("Hello, world?", False)
    assert await console.call("DELETE", path) == (200, {"id": message})
    [shown] = (await console.view(session))["messages"]
    assert (shown["text"], shown["deleted"], shown["note"]) == ("", True, None)


async def test_texts_come_back_byte_for_byte(console: Console) -> None:
    session = await console.open()
    texts = [
        "שלום עולם",
        "👩‍👩‍👧‍👦 emoji\u200d",
        "tab\tand\nlines\r\n",
        "<script>alert(1)</script>",
        "x" * 40_000,
        "\x00nul\x1b[31m",
    ]
    for text in texts:
        await console.say(session, "customer", text)
    view = await console.until(session, lambda view: len(view["messages"]) == len(texts))
    assert [message["text"] for message in view["messages"]] == texts


async def test_images_are_kept_reencoded_and_served_as_nothing_else(console: Console) -> None:
    session = await console.open()
    await console.say(session, "customer", "", images=[png()])
    view = await console.until(session, lambda view: view["messages"])
    [image] = view["messages"][0]["images"]
    async with console.http.get(console.url + image["url"]) as response:
        assert response.status == 200
        assert response.content_type == "image/png"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]
        content = await response.read()
    assert Image.open(io.BytesIO(content)).size == (3, 2)
    stored = await console.parts.console.fetch_image(_image(image))
    assert stored == content
    for name in ("..%2Fvigilbot.db", "x.png", "%2e%2e/vigilbot.db"):
        assert (await console.call("GET", f"/api/images/{name}"))[0] == 404


def _image(shown: dict[str, Any]) -> Attached:
    return Attached(shown["url"].removeprefix("/api/"), shown["mimetype"])


async def test_sessions_are_listed_latest_first_with_their_last_line(console: Console) -> None:
    older, newer = await console.open("Older"), await console.open("")
    await console.say(newer, "customer", "How do I\nlog in?")
    await console.until(newer, lambda view: view["messages"])
    _, body = await console.call("GET", "/api/sessions")
    assert [session["id"] for session in body["sessions"]] == [newer, older]
    assert body["sessions"][0]["last"] == {"author": "Mia", "role": "customer", "text": "How do I log in?"}
    assert body["sessions"][1]["last"] is None


async def test_knowledge_is_searched_and_read(console: Console) -> None:
    status, body = await console.call("GET", "/api/knowledge", params={"query": "which port"})
    assert (status, body["references"][0]["entry_id"], body["references"][0]["score"]) == (200, "entry-1", 0.9)
    status, entry = await console.call("GET", "/api/entries/entry-1")
    assert (status, entry["text"], entry["version"]) == (200, "The console listens on port 8008.", 2)
    for query in ("", "   "):
        assert (await console.call("GET", "/api/knowledge", params={"query": query}))[0] == 400
    assert (await console.call("GET", "/api/knowledge", params={"query": "x" * 2001}))[0] == 413


async def test_an_entry_of_another_audience_does_not_exist_here(console: Console) -> None:
    assert (await console.call("GET", "/api/entries/private-1"))[0] == 404
    assert (await console.call("GET", "/api/entries/none"))[0] == 404


async def test_status_and_probes(console: Console) -> None:
    status, body = await console.call("GET", "/api/status")
    assert (status, body["reasoner"], body["ready"], body["knowledge"]["entries"]) == (200, "extractive", True, 1)
    assert await console.call("GET", "/livez") == (200, {"live": True, "lag_ms": 0.5})
    well = {"ready": True, "loading": "", "faults": {}, "weaknesses": {}}
    assert await console.call("GET", "/readyz") == (200, well)
    console.health.faults["database"] = "the disk is full"
    unwell = well | {"ready": False, "faults": {"database": "the disk is full"}}
    assert await console.call("GET", "/readyz") == (503, unwell)
    console.health.live = False
    assert (await console.call("GET", "/livez"))[0] == 503


async def test_the_page_stream_carries_the_list_and_one_session(console: Console) -> None:
    session = await console.open()
    async with console.http.get(f"{console.url}/api/events", params={"session": session}) as stream:
        assert stream.content_type == "text/event-stream"
        seen: list[bytes] = []
        async for line in stream.content:
            if line.startswith(b"event: "):
                seen.append(line[7:].strip())
            if seen == [b"sessions", b"session"]:
                await console.say(session, "customer", "Hello?")
                seen.append(b"said")
            if len(seen) >= 5:
                break
        assert seen == [b"sessions", b"session", b"said", b"sessions", b"session"]


@pytest.mark.parametrize(
    "path", ["/api/sessions/none", "/api/sessions/none/events", "/api/events?session=none", "/api/x"]
)
async def test_what_is_not_there_is_a_404_in_one_line(console: Console, path: str) -> None:
    status, body = await console.call("GET", path)
    assert status == 404
    assert "\n" not in body["error"]
