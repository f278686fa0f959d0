"""Pages that analysts shared in a session become documents: fetched, judged, cut and stored under their address.

A page seen again is asked for with its ETag and written anew only where it has changed. One that is gone, or not to be
had visit after visit, keeps its entries and is flagged for review. Its text is a stranger's: redacted, stored as a
document, never an instruction.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import FetchError, FetchGone, FetchRefused, IngestError
from vigilbot.knowledge.ingest.chunking import CHUNKING, Chunker
from vigilbot.knowledge.ingest.planning import Plan, document_passages
from vigilbot.learning.audience import audience_of
from vigilbot.models import Dialogue, Message, Origin
from vigilbot.safety.fetching.urls import canonical
from vigilbot.safety.redaction.redact import redacted
from vigilbot.storage import documents, entries, sessions
from vigilbot.storage.entries import Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import aiosqlite

    from vigilbot.knowledge.ingest.chunking import Piece
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.knowledge.parsing.parsers import Parsed, Parsers
    from vigilbot.learning.audience import LearnFor
    from vigilbot.learning.keeping import Policy
    from vigilbot.models import Audience, Gap, Session
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.runtime.clock import Clock
    from vigilbot.safety.fetching.door import FetchDoor, Page
    from vigilbot.storage.documents import Document
    from vigilbot.storage.entries import NewVersion, Written

log = structlog.get_logger(__name__)

MOST_LINKS = 10
"""Of one session; more of them are a list of links rather than an answer."""
FRESH = 3600.0
"""Seconds for which a page that was looked at is not asked for again: a session is learnt from more than once."""

_URL = re.compile(r"https?://[^\s<>\"'`|\\^{}\[\]，。；：！？、（）【】《》「」]{3,2000}", re.IGNORECASE)
_TRAILING = ".,;:!?*_~…»”’"
_NO_PAGE = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|ico|bmp|mp[34]|mov|avi|webm|wav|zip|t?gz|tar|7z|rar|exe|dmg|iso|jar|whl|deb|rpm|css|js)$"
    r"|/(?:log-?in|sign-?in|sign-?up|log-?out|oauth2?|sso|auth|authorize|saml)(?:[/.?]|$)"
    r"|^https?://(?:[\w-]+\.)*(?:slack\.com/archives|zoom\.us/j|meet\.google\.com|teams\.microsoft\.com/l)/",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shared:
    """A page and the analyst's message that points to it."""

    url: str
    message: Message


@dataclass(frozen=True, slots=True)
class LinkReader:
    """Reads what analysts share. `knowledge`, `parsers` and `door` are the bot's own; nothing here is closed."""

    knowledge: LocalKnowledge
    reasoner: Reasoner
    door: FetchDoor
    parsers: Parsers
    clock: Clock
    scope: str
    policy: Policy
    learn_for: LearnFor

    async def read(self, session: Session) -> None:
        """Bring the knowledge base in line with every page that analysts shared in this session.

        A page that cannot be had is logged and left. Raises ReasonerError, EmbeddingError, KnowledgeError.
        """
        audience = audience_of(session, (), self.learn_for)
        if audience is None:
            return
        messages = [
            message for message in await sessions.messages(self.knowledge.db, session.id) if not message.deleted
        ]
        for shared in links_of(messages):
            dialogue = _dialogue(session, messages, shared.message, self.scope)
            known = await documents.find(self.knowledge.db, shared.url, audience)
            recently = known and known.checked_at and self.clock.now() - known.checked_at < FRESH
            if dialogue and not recently:
                try:
                    await self._read(shared, dialogue, audience, known)
                except (FetchError, IngestError) as error:
                    log.info("link_unread", session=session.id, reason=str(error))

    async def read_for_gap(self, gap: Gap, address: str, analyst: str) -> list[str]:
        """Read the page an analyst names as the answer to a gap, for its audience; returns the entries it became.

        They have judged it, so nobody else does. Raises FetchError, IngestError, EmbeddingError, KnowledgeError.
        """
        url = canonical(address)
        pointing = Message("", gap.session_id, analyst, "analyst", address, self.clock.now())
        page = await self._page(url, None)
        content_hash = f"{CHUNKING}-{hashlib.blake2b(page.content, digest_size=16).hexdigest()}"
        parsed = await self._parsed(page, url)
        await self._store(Shared(url, pointing), gap.session_id, gap.audience, parsed, page, content_hash)
        document = await documents.find(self.knowledge.db, url, gap.audience)
        known = await entries.of_document(self.knowledge.db, document.id) if document else {}
        return [entry.id for entry in known.values() if entry.status == "active"]

    async def _read(self, shared: Shared, dialogue: Dialogue, audience: Audience, known: Document | None) -> None:
        page = await self._page(shared.url, known)
        if page.not_modified and known:
            await self._checked(known, page)
            return
        content_hash = f"{CHUNKING}-{hashlib.blake2b(page.content, digest_size=16).hexdigest()}"
        if known and known.content_hash == content_hash:
            await self._checked(known, page)
            return
        parsed = await self._parsed(page, shared.url)
        if known is None:
            judgement = await self.reasoner.judge_page(dialogue, parsed.title, parsed.text)
            if not judgement.relevant:
                log.info("link_left", session=dialogue.session_id)
                log.debug("link_left_because", reason=judgement.reason)  # the model's words may repeat people's
                return
        await self._store(shared, dialogue.session_id, audience, parsed, page, content_hash)

    async def _parsed(self, page: Page, url: str) -> Parsed:
        """The page's title and text, redacted. Raises IngestError."""
        mimetype = f"{page.mimetype}; charset={page.charset}" if page.charset else page.mimetype
        parsed = await self.parsers.text_of(page.content, url, mimetype)
        return await asyncio.to_thread(_without_secrets, parsed)

    async def _page(self, url: str, known: Document | None) -> Page:
        """Raises FetchError; notes of a known page that it is gone, or was not to be had."""
        try:
            page = await self.door.get(url, etag=known.etag if known and known.content_hash else "")
            if _NO_PAGE.search(page.url):
                raise FetchRefused(f"{url}: leads to a page for signing in")
        except FetchError as error:
            if known:
                found = documents.found_dead if isinstance(error, FetchGone) else documents.found_failing
                async with self.knowledge.db.transaction() as tx:
                    await found(tx, known.id, self.clock.now())
            raise
        return page

    async def _checked(self, known: Document, page: Page) -> None:
        async with self.knowledge.db.transaction() as tx:
            await documents.checked(tx, known.id, self.clock.now(), etag=page.etag or known.etag)

    async def _store(
        self, shared: Shared, session_id: str, audience: Audience, parsed: Parsed, page: Page, content_hash: str
    ) -> None:
        """Write what is new or changed, retire what has left the page, and mark the document done: one transaction."""
        now, db = self.clock.now(), self.knowledge.db
        pieces = await asyncio.to_thread(_cut, parsed)
        async with db.transaction() as tx:
            document_id = await documents.begin(tx, shared.url, audience, shared.url, now)
        plan = Plan(document_id, shared.url, audience, await entries.of_document(db, document_id))
        stepped = [plan.step(passage) for passage in document_passages(pieces, shared.url)]
        new = [self._held(version, plan) for version in stepped if version]
        origin = Origin(
            session_id=session_id,
            message_ids=(shared.message.id,) if shared.message.id else (),
            people=(shared.message.author,),
            url=shared.url,
        )
        by = Change(f"learning ({self.reasoner.name})", "the page an analyst shared says so now", now, (origin,))

        async def finish(tx: aiosqlite.Connection, _: list[Written]) -> list[Written]:
            await documents.finish(tx, document_id, content_hash, now)
            await documents.checked(tx, document_id, now, etag=page.etag)
            return await entries.retire(tx, plan.gone(), replace(by, why="no longer on the page"))

        await self.knowledge.put(new, by, finish)
        log.info("link_read", session=session_id, entries=len(new), unchanged=plan.unchanged)

    def _held(self, version: NewVersion, plan: Plan) -> NewVersion:
        """Where approval is asked for, what nobody has approved before waits for it."""
        old = plan.known.get(version.key)
        approved = self.policy == "auto" or (old is not None and old.status == "active")
        return version if approved else replace(version, status="pending")


def _without_secrets(parsed: Parsed) -> Parsed:
    """A page may be megabytes long: in a thread."""
    return replace(parsed, title=redacted(parsed.title).text, text=redacted(parsed.text).text)


def _cut(parsed: Parsed) -> list[Piece]:
    return (chunker().markdown if parsed.markdown else chunker().plain)(parsed.text, parsed.title)


@cache
def chunker() -> Chunker:
    """Made when the first page is cut: its tokenizer takes a moment to load."""
    return Chunker()


def links_of(messages: Sequence[Message]) -> list[Shared]:
    """The pages that analysts pointed to, each once, in order; not pictures, downloads, meetings or sign-in pages."""
    found: dict[str, Shared] = {}
    for message in messages:
        if message.role == "analyst":
            for url in _urls(message.text):
                found.setdefault(url, Shared(url, message))
    return list(found.values())[:MOST_LINKS]


def _urls(text: str) -> Iterator[str]:
    for match in _URL.finditer(text):
        url = match[0].rstrip(_TRAILING)
        if url.endswith(")") and url.count("(") < url.count(")"):
            url = url[:-1].rstrip(_TRAILING)
        try:
            address = canonical(url)
        except FetchRefused:
            continue
        if not _NO_PAGE.search(address):
            yield address


def _dialogue(session: Session, messages: Sequence[Message], pointing: Message, scope: str) -> Dialogue | None:
    """What the page was an answer to: the dialogue until then, with the last thing a customer wrote."""
    until = tuple(messages[: messages.index(pointing) + 1])
    asked = [message for message in until if message.role == "customer"]
    if not asked:
        return None
    return Dialogue(
        session_id=session.id,
        turn_id="",
        messages=until,
        turn_messages=(asked[-1],),
        scope=scope,
        audiences=session.audiences(messages),
    )
