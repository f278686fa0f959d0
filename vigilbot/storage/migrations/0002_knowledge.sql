-- What the bot knows: entries with every version of them, their vectors, and the documents they were cut from.

CREATE TABLE documents (
    id           INTEGER PRIMARY KEY,
    location     TEXT NOT NULL,          -- what identifies it: absolute path, URL, or `docs/…` for the built-in ones
    audience     TEXT NOT NULL,
    name         TEXT NOT NULL,          -- what a person is shown
    content_hash TEXT NOT NULL,          -- of the raw content and of how it was cut; '' while its ingest is unfinished
    ingested_at  REAL NOT NULL,
    UNIQUE (location, audience)
) STRICT;

CREATE TABLE entries (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL CHECK (kind IN ('document', 'qa')),
    audience    TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('active', 'pending', 'retired')),
    version     INTEGER NOT NULL,        -- the current one, in entry_versions
    document_id INTEGER REFERENCES documents (id),
    key         TEXT NOT NULL DEFAULT '',  -- its place in the document: heading path and number, or the row's id
    created_at  REAL NOT NULL,
    updated_at  REAL NOT NULL
) STRICT;
CREATE UNIQUE INDEX entries_of_document ON entries (document_id, key) WHERE document_id IS NOT NULL;
CREATE INDEX entries_by_shelf ON entries (kind, audience) WHERE status = 'active';

CREATE TABLE entry_versions (
    entry_seq    INTEGER NOT NULL REFERENCES entries (seq) ON DELETE CASCADE,
    version      INTEGER NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('active', 'pending', 'retired')),
    title        TEXT NOT NULL,
    text         TEXT NOT NULL,
    question     TEXT NOT NULL,
    source       TEXT NOT NULL,
    content_hash TEXT NOT NULL,          -- of title, text, question and source: equal means nothing to do
    who          TEXT NOT NULL,
    why          TEXT NOT NULL,
    created_at   REAL NOT NULL,
    PRIMARY KEY (entry_seq, version)
) STRICT;

CREATE TABLE vectors (
    entry_seq INTEGER NOT NULL REFERENCES entries (seq) ON DELETE CASCADE,
    embedder  TEXT NOT NULL,             -- vectors of different embedders are never compared
    version   INTEGER NOT NULL,          -- of the entry whose text this is
    vector    BLOB NOT NULL,             -- float32, unit length
    PRIMARY KEY (entry_seq, embedder)
) STRICT;

CREATE VIEW current_entries AS
    SELECT e.seq, e.id, e.kind, e.audience, e.status, e.version, e.document_id, e.key, e.created_at, e.updated_at,
           v.title, v.text, v.question, v.source, v.content_hash, v.who
    FROM entries e JOIN entry_versions v ON v.entry_seq = e.seq AND v.version = e.version;

CREATE VIEW indexed_entries AS           -- what the vector index has to hold, for each embedder
    SELECT e.seq, e.id, e.version, e.kind, e.audience, x.embedder, x.vector
    FROM entries e JOIN vectors x ON x.entry_seq = e.seq AND x.version = e.version
    WHERE e.status = 'active';
