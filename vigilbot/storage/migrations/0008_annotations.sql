-- Answers that only analysts are shown, how answers are delivered, and what analysts say about them.

CREATE TABLE delivery_choices (           -- instead of VIGIL_DELIVERY, for one audience
    audience  TEXT PRIMARY KEY,
    mode      TEXT NOT NULL CHECK (mode IN ('proactive', 'suggest', 'shadow')),
    chosen_by TEXT NOT NULL,
    chosen_at REAL NOT NULL
) STRICT;

CREATE TABLE suggestions (
    id         TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    turn_id    TEXT NOT NULL UNIQUE REFERENCES turns (id) ON DELETE CASCADE,
    parts      TEXT NOT NULL,
    sources    TEXT NOT NULL,
    reasoner   TEXT NOT NULL,
    mode       TEXT NOT NULL CHECK (mode IN ('suggest', 'shadow')),
    state      TEXT NOT NULL CHECK (state IN ('open', 'posted', 'declined', 'overtaken')),
    created_at REAL NOT NULL,
    decided_by TEXT,
    decided_at REAL,
    card_id    TEXT REFERENCES cards (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX suggestions_of_session ON suggestions (session_id, created_at);
CREATE INDEX suggestions_open ON suggestions (created_at) WHERE state = 'open' AND mode = 'suggest';

ALTER TABLE cards ADD COLUMN chosen_by TEXT;  -- the analyst who chose to post it; none when the bot did

CREATE TABLE annotations (                -- one of a kind from each analyst on each turn
    id         TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    turn_id    TEXT NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
    analyst    TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('preference', 'adoption', 'relevance', 'missing_knowledge')),
    audience   TEXT NOT NULL,             -- nobody else may see what is made of it
    statement  TEXT NOT NULL,             -- JSON, as models/annotations.py has it
    asked      INTEGER NOT NULL,
    shown_at   REAL,
    made_at    REAL NOT NULL,
    UNIQUE (turn_id, analyst, kind)
) STRICT;
CREATE INDEX annotations_by_time ON annotations (made_at);

CREATE TABLE annotation_flags (           -- a judge doubts an annotation
    annotation_id TEXT NOT NULL REFERENCES annotations (id) ON DELETE CASCADE,
    judge         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    flagged_at    REAL NOT NULL,
    PRIMARY KEY (annotation_id, judge)
) STRICT, WITHOUT ROWID;

CREATE TABLE annotation_requests (        -- whom the bot has asked about which turn; counts against the daily cap
    turn_id  TEXT NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
    analyst  TEXT NOT NULL,
    asked_at REAL NOT NULL,
    PRIMARY KEY (turn_id, analyst)
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_of_analyst ON annotation_requests (analyst, asked_at);

CREATE TABLE annotation_snoozes (
    analyst TEXT PRIMARY KEY,
    until   REAL NOT NULL
) STRICT;

CREATE TABLE alternatives (               -- a second answer to a sampled turn, to compare with the one given
    turn_id    TEXT PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE,
    candidate  TEXT NOT NULL,             -- JSON
    given_left INTEGER NOT NULL,          -- which side the given answer is shown on, drawn at random
    created_at REAL NOT NULL
) STRICT;

CREATE TABLE signals (                    -- what behaviour says about an answer
    kind       TEXT NOT NULL CHECK (kind IN ('accept', 'own_answer', 'follow_up')),
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    turn_id    TEXT NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
    person     TEXT NOT NULL,
    message_id TEXT NOT NULL,             -- '' for an accept
    likeness   REAL,
    noticed_at REAL NOT NULL,
    PRIMARY KEY (turn_id, kind, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX signals_by_time ON signals (noticed_at);

CREATE TABLE gaps (                       -- work items: knowledge that was lacking
    id         TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    turn_id    TEXT NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
    question   TEXT NOT NULL,
    lacking    TEXT NOT NULL,
    audience   TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'closed', 'dropped')),
    opened_by  TEXT NOT NULL,
    opened_at  REAL NOT NULL,
    closed_by  TEXT,
    closed_at  REAL,
    entry_ids  TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE UNIQUE INDEX gaps_of_turn ON gaps (turn_id) WHERE state = 'open';
CREATE INDEX gaps_by_time ON gaps (opened_at);
