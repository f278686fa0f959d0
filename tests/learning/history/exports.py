"""Slack exports as Slack writes them, made small."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

USERS = (
    {"id": "U1", "name": "carol", "team_id": "T1", "is_bot": False},
    {"id": "U2", "name": "ann", "team_id": "T1", "profile": {"display_name": "Ann L.", "real_name": "Ann Lee"}},
    {"id": "U3", "name": "guest", "team_id": "T1", "is_restricted": True},
    {"id": "U4", "name": "bob", "team_id": "T1", "profile": {"display_name": "Ann L."}},
    {"id": "UBOT", "name": "vigil", "is_bot": True},
)
START = 1_700_000_000
QUESTION = "How do I raise the number of open files for the ingest worker? It stops with EMFILE."
ANSWER = "Set `LimitNOFILE=65536` in the unit file of the ingest worker and restart it, that ends EMFILE."


@dataclass
class Export:
    channels: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "C1", "name": "help"}])
    users: Any = USERS
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    files: dict[str, bytes | str] = field(default_factory=dict)

    def say(
        self, user: str, text: str, at: float, root: float | None = None, channel: str = "help", **more: Any
    ) -> str:
        """A message `at` seconds after the start; `root` is the time of its thread's first message."""
        ts = f"{START + at:.6f}"
        told = {"type": "message", "user": user, "text": text, "ts": ts, **more}
        if root is not None:
            told["thread_ts"] = f"{START + root:.6f}"
        self.messages.append((channel, told))
        return ts

    def solved(self, at: float = 0.0, question: str = QUESTION, answer: str = ANSWER, channel: str = "help") -> str:
        """A thread in which U2 answers U1; returns the thread's ts."""
        root = self.say("U1", question, at, at, channel)
        self.say("U2", "let me have a look", at + 60, at, channel)
        self.say("U2", answer, at + 120, at, channel)
        self.say("U1", "thanks, that worked", at + 180, at, channel)
        return root

    def all_files(self) -> dict[str, bytes | str]:
        days: dict[str, list[dict[str, Any]]] = {}
        for channel, told in sorted(self.messages, key=lambda item: str(item[1]["ts"])):
            day = datetime.fromtimestamp(float(told["ts"]), UTC).date()
            days.setdefault(f"{channel}/{day}.json", []).append(told)
        made: dict[str, bytes | str] = {"channels.json": json.dumps(self.channels)}
        if self.users is not None:
            made["users.json"] = json.dumps(self.users)
        return made | {name: json.dumps(told, indent=4) for name, told in days.items()} | self.files

    def folder(self, path: Path) -> Path:
        for name, content in self.all_files().items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def zip(self, path: Path, prefix: str = "") -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in self.all_files().items():
                packed.writestr(prefix + name, content)
        return path
