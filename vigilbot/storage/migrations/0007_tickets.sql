-- Sessions as triage sees them, how each came to its state, whom they were told to and what these people said.

CREATE TABLE tickets (
    session_id   TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    state        TEXT NOT NULL CHECK (state IN ('active', 'analyzing', 'pending', 'escalated', 'linked', 'closed')),
    category     TEXT,                   -- as last judged; none while undecided
    gravity      INTEGER NOT NULL DEFAULT 0,
    reason       TEXT NOT NULL DEFAULT '',
    evidence     TEXT NOT NULL DEFAULT '[]',
    problem      TEXT NOT NULL DEFAULT '',
    statement    TEXT NOT NULL DEFAULT '', -- the problem, or for an incident's first ticket the joint one
    vector       BLOB,                   -- float32, embedding of the statement
    embedder     TEXT NOT NULL DEFAULT '',
    first_id     TEXT REFERENCES tickets (session_id) ON DELETE SET NULL, -- the ticket it is linked to
    apart        TEXT NOT NULL DEFAULT '[]', -- JSON list: tickets that a person has split it from
    seen         TEXT NOT NULL DEFAULT '', -- which messages it was judged on
    escalated_at REAL,
    closed_at    REAL,
    updated_at   REAL NOT NULL
) STRICT;
CREATE INDEX tickets_linked ON tickets (first_id) WHERE first_id IS NOT NULL;
CREATE INDEX tickets_escalated ON tickets (escalated_at) WHERE escalated_at IS NOT NULL;

CREATE TABLE ticket_transitions (
    id         INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES tickets (session_id) ON DELETE CASCADE,
    before     TEXT,
    after      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    by         TEXT NOT NULL,            -- empty: triage itself
    at         REAL NOT NULL
) STRICT;
CREATE INDEX transitions_of_ticket ON ticket_transitions (session_id, id);

CREATE TABLE alerts (
    id         TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES tickets (session_id) ON DELETE CASCADE,
    category   TEXT NOT NULL,
    gravity    INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    evidence   TEXT NOT NULL,
    upto       INTEGER NOT NULL,         -- seq of the last message it was judged on
    channel    TEXT NOT NULL,
    mention    TEXT NOT NULL,
    created_at REAL NOT NULL,
    posted_ref TEXT
) STRICT;
CREATE INDEX alerts_of_ticket ON alerts (session_id, created_at);

CREATE TABLE alert_answers (
    alert_id TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    author   TEXT NOT NULL,
    opinion  INTEGER NOT NULL,           -- 1: like or dislike, of which one stands; 0: opened
    kind     TEXT NOT NULL CHECK (kind IN ('like', 'dislike', 'opened')),
    category TEXT,
    note     TEXT NOT NULL,
    given_at REAL NOT NULL,
    PRIMARY KEY (alert_id, author, opinion)
) STRICT, WITHOUT ROWID;
