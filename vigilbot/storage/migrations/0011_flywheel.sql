-- Models trained from what analysts said, and which of them is in use.

CREATE TABLE trained_models (
    version    INTEGER PRIMARY KEY,        -- counted over both kinds
    kind       TEXT NOT NULL CHECK (kind IN ('retriever', 'reranker')),
    embedder   TEXT NOT NULL,              -- whose vectors it was trained on: it serves no other
    reranker   TEXT NOT NULL,              -- whose judgements it weighs; '' for a retriever
    seed       INTEGER NOT NULL,
    questions  INTEGER NOT NULL,           -- that it was trained on
    marks      INTEGER NOT NULL,
    figures    TEXT NOT NULL,              -- JSON: how it did on what was held back, and on the golden set
    offered    INTEGER NOT NULL,           -- whether the gate found it better
    reason     TEXT NOT NULL,
    sha256     TEXT NOT NULL,              -- of its file
    trained_by TEXT NOT NULL,
    trained_at REAL NOT NULL
) STRICT;

CREATE TABLE model_switches (              -- the last row of a kind says what is in use
    id          INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('retriever', 'reranker')),
    version     INTEGER REFERENCES trained_models (version), -- none: as it comes, untuned
    switched_by TEXT NOT NULL,
    why         TEXT NOT NULL,
    switched_at REAL NOT NULL
) STRICT;
CREATE INDEX switches_of_kind ON model_switches (kind, id);
