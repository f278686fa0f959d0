-- What sessions teach: the jobs that look at them, what each question taught, and which entries misled whom.

CREATE TABLE jobs (
    id         INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL CHECK (kind IN ('accepted', 'checkpoint', 'closing')),
    ordered_at REAL NOT NULL,
    due_at     REAL NOT NULL,            -- later than ordered_at once a try has failed
    tried      INTEGER NOT NULL DEFAULT 0,
    error      TEXT NOT NULL DEFAULT '',
    done_at    REAL                      -- also when it was given up; error says so
) STRICT;
CREATE UNIQUE INDEX jobs_waiting ON jobs (session_id, kind) WHERE done_at IS NULL;
CREATE INDEX jobs_of_session ON jobs (session_id, ordered_at);

CREATE TABLE lessons (                   -- one row a question of a session, as last looked at
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,            -- the question's first message
    turn_id    TEXT,                     -- none for what was asked before an analyst joined
    scope      TEXT NOT NULL CHECK (scope IN ('within_scope', 'out_of_scope', 'no_assistance')),
    question   TEXT,                     -- JSON {text, sub_questions, variants}
    result     TEXT NOT NULL CHECK (result IN
                 ('accepted', 'learnt', 'nothing', 'kept', 'deleted', 'updated', 'undecided', 'passed')),
    reason     TEXT NOT NULL,
    evidence   TEXT NOT NULL,            -- JSON list: the messages it rests on
    entries    TEXT NOT NULL,            -- JSON list of {entry_id, version, change}: what it did to the knowledge base
    seen       TEXT NOT NULL,            -- digest of what was looked at: equal means nothing new to learn
    reasoner   TEXT NOT NULL,
    learnt_at  REAL NOT NULL,
    PRIMARY KEY (session_id, message_id)
) STRICT;

CREATE TABLE misleading (                -- this entry is not shown to questions like this one
    entry_id   TEXT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    message_id TEXT NOT NULL,            -- the question's first message: one mark a question
    question   TEXT NOT NULL,
    why        TEXT NOT NULL,
    marked_at  REAL NOT NULL,
    PRIMARY KEY (entry_id, session_id, message_id)
) STRICT;
