-- Where every version of an entry comes from, which entries a card cites, and what became of a document's page.

CREATE TABLE origins (
    id         INTEGER PRIMARY KEY,
    digest     TEXT NOT NULL UNIQUE,     -- of everything below: equal origins are one row
    session_id TEXT NOT NULL,            -- '' where it does not apply
    turn_id    TEXT NOT NULL,
    url        TEXT NOT NULL,
    verdict    TEXT CHECK (verdict IN ('keep', 'delete', 'update'))
) STRICT;
CREATE INDEX origins_of_session ON origins (session_id) WHERE session_id != '';
CREATE INDEX origins_of_url ON origins (url) WHERE url != '';

CREATE TABLE origin_people (
    person    TEXT NOT NULL,
    origin_id INTEGER NOT NULL REFERENCES origins (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    PRIMARY KEY (person, origin_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX people_of_origin ON origin_people (origin_id);

CREATE TABLE origin_messages (
    origin_id  INTEGER NOT NULL REFERENCES origins (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (origin_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE version_origins (           -- a version keeps the origins of the version it is built on
    origin_id INTEGER NOT NULL REFERENCES origins (id) ON DELETE CASCADE,
    entry_seq INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    brought   INTEGER NOT NULL,          -- 1 where the change to this version rests on it, 0 where it was carried on
    PRIMARY KEY (origin_id, entry_seq, version),
    FOREIGN KEY (entry_seq, version) REFERENCES entry_versions (entry_seq, version) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX origins_of_version ON version_origins (entry_seq, version);

CREATE TABLE card_sources (              -- the entries a card cites, for counting: an entry's uses are its cards
    entry_id TEXT NOT NULL,              -- may be gone since, or be in another database (backtests)
    card_id  TEXT NOT NULL REFERENCES cards (id) ON DELETE CASCADE,
    PRIMARY KEY (entry_id, card_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sources_of_card ON card_sources (card_id);
INSERT OR IGNORE INTO card_sources (entry_id, card_id)
    SELECT json_extract(source.value, '$.entry_id'), cards.id FROM cards, json_each(cards.sources) AS source;

ALTER TABLE documents ADD COLUMN etag TEXT NOT NULL DEFAULT '';  -- as the page's server named its content
ALTER TABLE documents ADD COLUMN checked_at REAL;                -- when the page was last asked for
ALTER TABLE documents ADD COLUMN dead_since REAL;                -- when it was first found gone; shown for review

CREATE INDEX entries_by_time ON entries (updated_at, seq);
