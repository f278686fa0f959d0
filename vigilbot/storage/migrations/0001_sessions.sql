-- The dialogue side: what came in, what it belongs to, how each turn ended, what was said.

CREATE TABLE inbox (
    event_id    TEXT PRIMARY KEY,
    message_key TEXT UNIQUE,             -- the same message under another event id counts once
    platform    TEXT NOT NULL,
    payload     BLOB NOT NULL,           -- the neutral event, as JSON
    received_at REAL NOT NULL,
    done_at     REAL
) STRICT;
CREATE INDEX inbox_unfinished ON inbox (received_at) WHERE done_at IS NULL;

CREATE TABLE sessions (
    id         TEXT PRIMARY KEY,
    platform   TEXT NOT NULL,
    channel    TEXT NOT NULL,
    thread     TEXT NOT NULL,
    title      TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'engaged', 'closed')),
    muted      INTEGER NOT NULL DEFAULT 0,
    opened_at  REAL NOT NULL,
    engaged_at REAL,
    closed_at  REAL,
    active_at  REAL NOT NULL,
    UNIQUE (platform, channel, thread)
) STRICT;
CREATE INDEX sessions_by_activity ON sessions (platform, active_at DESC);

CREATE TABLE messages (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    author     TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('customer', 'analyst', 'bot')),
    text       TEXT NOT NULL,
    images     TEXT NOT NULL DEFAULT '[]',
    posted_at  REAL NOT NULL,
    edited_at  REAL,
    deleted    INTEGER NOT NULL DEFAULT 0,
    turn_id    TEXT,
    seq        INTEGER NOT NULL,         -- order of arrival, to break ties between equal times
    PRIMARY KEY (session_id, id)
) STRICT;
CREATE INDEX messages_in_order ON messages (session_id, posted_at, seq);

CREATE TABLE turns (
    id         TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at REAL NOT NULL,
    ended_at   REAL,
    addressed  INTEGER NOT NULL DEFAULT 0, -- the customer spoke to the bot: an answer or a reason is due
    scope      TEXT CHECK (scope IN ('within_scope', 'out_of_scope', 'no_assistance')),
    question   TEXT,                     -- JSON {text, sub_questions}
    refs       TEXT NOT NULL DEFAULT '[]',
    answer     TEXT,                     -- JSON {parts, reasoner}; kept for duplicates and overtaken ones too
    outcome    TEXT CHECK (outcome IN
                 ('out_of_scope', 'no_assistance', 'refused', 'duplicate', 'overtaken', 'answered', 'failed')),
    reason     TEXT NOT NULL DEFAULT '',
    timings    TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX turns_of_session ON turns (session_id, created_at);
CREATE INDEX turns_unfinished ON turns (session_id) WHERE outcome IS NULL;

CREATE TABLE cards (
    id          TEXT PRIMARY KEY,
    session_id  TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    turn_id     TEXT NOT NULL UNIQUE REFERENCES turns (id) ON DELETE CASCADE,
    parts       TEXT NOT NULL,
    sources     TEXT NOT NULL,
    reasoner    TEXT NOT NULL,
    vector      BLOB NOT NULL,           -- float32, embedding of the whole answer: what dedup compares with
    state       TEXT NOT NULL CHECK (state IN ('queued', 'posted', 'accepted')),
    posted_ref  TEXT,
    accepted_by TEXT,
    accepted_at REAL,
    created_at  REAL NOT NULL
) STRICT;
CREATE INDEX cards_of_session ON cards (session_id, created_at);

CREATE TABLE outbox (
    id         TEXT PRIMARY KEY,         -- the delivery id that travels with the posted message
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    card_id    TEXT NOT NULL REFERENCES cards (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL CHECK (kind IN ('post', 'update')),
    created_at REAL NOT NULL,
    tried      INTEGER NOT NULL DEFAULT 0,
    error      TEXT NOT NULL DEFAULT '',
    done_at    REAL
) STRICT;
CREATE INDEX outbox_unfinished ON outbox (created_at) WHERE done_at IS NULL;

CREATE TABLE model_calls (
    id                INTEGER PRIMARY KEY,
    turn_id           TEXT NOT NULL,
    task              TEXT NOT NULL,
    model             TEXT NOT NULL,
    started_at        REAL NOT NULL,
    duration_ms       REAL NOT NULL,
    prompt_tokens     INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cost_usd          REAL NOT NULL,
    error             TEXT NOT NULL,
    output            TEXT NOT NULL
) STRICT;
CREATE INDEX model_calls_of_turn ON model_calls (turn_id);
