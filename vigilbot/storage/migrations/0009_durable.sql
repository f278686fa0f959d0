-- One outbox for everything the bot says: a row a delivery, and what it brings as JSON by kind.

CREATE TABLE deliveries (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order of commits, never given twice
    id         TEXT NOT NULL UNIQUE,              -- travels with the posted message
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    channel    TEXT NOT NULL DEFAULT '',          -- where it goes, if not to the session's own channel
    kind       TEXT NOT NULL,                     -- which carrier brings it
    payload    TEXT NOT NULL,
    card_id    TEXT GENERATED ALWAYS AS (json_extract(payload, '$.card_id')) STORED
               REFERENCES cards (id) ON DELETE CASCADE,
    created_at REAL NOT NULL,
    tried      INTEGER NOT NULL DEFAULT 0,
    begun_at   REAL,                              -- when the platform was last called
    in_doubt   INTEGER NOT NULL DEFAULT 0,        -- it was called, and has not been heard since
    error      TEXT NOT NULL DEFAULT '',
    done_at    REAL
) STRICT;

INSERT INTO deliveries (id, session_id, kind, payload, created_at, tried, in_doubt, error, done_at)
  SELECT id, session_id, CASE kind WHEN 'post' THEN 'card' ELSE 'card_update' END, json_object('card_id', card_id),
         created_at, tried, tried > 0 AND done_at IS NULL, error, done_at
  FROM outbox ORDER BY created_at, rowid;
DROP TABLE outbox;
ALTER TABLE deliveries RENAME TO outbox;
CREATE INDEX outbox_unfinished ON outbox (seq) WHERE done_at IS NULL;
CREATE INDEX outbox_of_session ON outbox (session_id, kind);
CREATE INDEX outbox_of_card ON outbox (card_id);
