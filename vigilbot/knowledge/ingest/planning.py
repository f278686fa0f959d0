"""What has to be written so that the knowledge base says what a document says now, and no more than that."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vigilbot.storage.entries import Content, NewVersion, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vigilbot.knowledge.ingest.chunking import Chunker, Piece
    from vigilbot.knowledge.ingest.corpus import Row
    from vigilbot.models import Audience
    from vigilbot.storage.entries import Known

WHO = "ingest"


@dataclass(frozen=True, slots=True)
class Passage:
    """What is to become an entry. `key` is its place in the document, the same as long as that stays."""

    key: str
    content: Content
    origin: str = ""
    """Where it stands, for a report: a line of a corpus."""


@dataclass(slots=True)
class Plan:
    """Compares a document's passages with what is stored of it, one after another."""

    document_id: int
    location: str
    audience: Audience
    known: dict[str, Known]
    unchanged: int = 0
    repeated: list[Passage] = field(default_factory=list)
    """Passages whose key had come before with other content."""
    _seen: dict[str, str] = field(default_factory=dict)

    def step(self, passage: Passage) -> NewVersion | None:
        """The version to write for this passage, or None when there is nothing to do."""
        content_hash = passage.content.hash
        if passage.key in self._seen:
            if self._seen[passage.key] != content_hash:
                self.repeated.append(passage)
            return None
        self._seen[passage.key] = content_hash
        old = self.known.get(passage.key)
        if old and old.content_hash == content_hash and not _gone_before(old):
            self.unchanged += 1
            return None
        return NewVersion(
            id=old.id if old else self._entry_id(passage.key),
            shelf=Shelf("qa" if passage.content.question else "document", self.audience),
            content=passage.content,
            document_id=self.document_id,
            key=passage.key,
        )

    def gone(self) -> list[str]:
        """Ids of the entries whose passage is no longer in the document; call it after the last step."""
        return [old.id for key, old in self.known.items() if key not in self._seen and old.status != "retired"]

    def _entry_id(self, key: str) -> str:
        """The same wherever and whenever the same document is ingested."""
        place = "\0".join((self.location, self.audience, key))
        return hashlib.blake2b(place.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _gone_before(old: Known) -> bool:
    """Retired because its passage had left the document, and now it is back; what a person retired stays so."""
    return old.status == "retired" and old.who == WHO


def document_passages(pieces: Iterable[Piece], name: str) -> Iterator[Passage]:
    """Keyed by heading path and number under it: an insertion elsewhere leaves the others alone."""
    numbers = Counter[str]()
    for piece in pieces:
        numbers[piece.title] += 1
        yield Passage(f"{piece.title}#{numbers[piece.title]}", Content(piece.title, piece.text, name))


def row_id(key: str) -> str:
    """The row of a corpus that an entry with this key was made from."""
    return key.partition("\t")[0]


def row_passages(rows: Iterable[Row], chunker: Chunker) -> Iterator[Passage]:
    """One passage a row; a text longer than the encoder reads becomes several, keyed by row id, tab and number."""
    for row in rows:
        content, origin = row.content, f"line {row.line}"
        if content.question:
            yield Passage(f"{row.id}\tqa", content, origin)
            continue
        for number, piece in enumerate(chunker.plain(content.text, content.title), 1):
            key = row.id if number == 1 else f"{row.id}\t{number}"
            yield Passage(key, Content(content.title, piece.text, content.source), origin)
