"""Text between Slack's mrkdwn and plain text: what people wrote comes in readable, what we write goes out harmless.

Sources: docs.slack.dev/messaging/formatting-message-text (escaping, `<…>` sequences, mrkdwn marks).
"""

from __future__ import annotations

import re

from vigilbot.safety.outgoing import without_mentions

_SEQUENCE = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_MARKED = re.compile(r"(?<![\w*_~])([*_~])(?=\S)((?:(?!\1)[^\n]|(?<=\w)\1(?=\w))++)(?<=\S)\1(?![\w*_~])")
"""Up to the next mark of its kind and no further: thousands that nobody closes would each be read to the line's end."""
_KINDS_OF_MARK = 3


def plain(mrkdwn: str, names: dict[str, str] | None = None) -> str:
    """What a person sees: sequences written out, marks dropped outside code, entities unescaped.

    `names` gives the display names of user ids where they are known (the bot's own, at least).
    """
    known = names or {}
    pieces = _CODE.split(mrkdwn)
    readable = [
        _SEQUENCE.sub(lambda match: _written_out(match[1], known), piece if index % 2 else _unmarked(piece))
        for index, piece in enumerate(pieces)
    ]
    return _unescaped("".join(readable))


def _unmarked(text: str) -> str:
    """Bold, italic and strike marks dropped; what stands inside `<…>` is left alone."""
    pieces = re.split(r"(<[^<>\n]+>)", text)
    if len(pieces) == 1:
        return _without_marks(text)
    # Marks may enclose a sequence (*<https://…|docs>*), so sequences are lifted out while marks are dropped.
    lifted = [piece for index, piece in enumerate(pieces) if index % 2]
    outline = "".join("\ue000" if index % 2 else piece for index, piece in enumerate(pieces))
    parts = _without_marks(outline).split("\ue000")
    return parts[0] + "".join(kept + rest for kept, rest in zip(lifted, parts[1:], strict=True))


def _without_marks(text: str) -> str:
    for _ in range(_KINDS_OF_MARK):  # they stand inside one another no deeper than that
        text = _MARKED.sub(r"\2", text)
    return text


def _written_out(sequence: str, names: dict[str, str]) -> str:
    target, _, label = sequence.partition("|")
    match target[:1]:
        case "@":
            return "@" + (label.lstrip("@") or names.get(target[1:], target[1:]))
        case "#":
            return "#" + (label or target[1:])
        case "!":
            return _special(target[1:], label)
        case _:
            return _link(target, label)


def _special(target: str, label: str) -> str:
    if label:
        return label if target.startswith("date^") else "@" + label.lstrip("@")
    return "@" + target.rpartition("^")[2]


def _link(target: str, label: str) -> str:
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label == address or address in {f"http://{label}", f"https://{label}"}:
        return address
    return f"{label} ({address})"


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escaped(text: str) -> str:
    """Text for a field that Slack reads as mrkdwn: every character is shown as it is, and no mention can form."""
    return without_mentions(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def size(text: str) -> int:
    """Length as Slack's limits count it: UTF-16 units, an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units: cut at a paragraph, a sentence or a word where one ends late enough."""
    if size(text) <= limit:
        return text
    cut = text.encode("utf-16-le", "surrogatepass")[: 2 * (limit - 1)].decode("utf-16-le", "ignore")
    for end in ("\n\n", ". ", "\n", " "):
        if (at := cut.rfind(end)) > len(cut) // 2:
            cut = cut[: at + 1]
            break
    return cut.rstrip() + "…"
