-- The lexical index: for every shelf (kind and audience) the words of its active entries, as packed posting lists.

CREATE TABLE lexical_shelves (
    id       INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL CHECK (kind IN ('document', 'qa')),
    audience TEXT NOT NULL,
    entries  INTEGER NOT NULL,           -- active ones
    length   INTEGER NOT NULL,           -- of all their texts together, in words
    UNIQUE (kind, audience)
) STRICT;

CREATE TABLE lexical_terms (
    id      INTEGER PRIMARY KEY,
    shelf   INTEGER NOT NULL REFERENCES lexical_shelves (id),
    term    TEXT NOT NULL,
    entries INTEGER NOT NULL,            -- how many of the shelf contain it; a term without entries is deleted
    UNIQUE (shelf, term)
) STRICT;

CREATE TABLE lexical_postings (          -- one row for each term and each 4,096 successive `entries.seq`
    key      INTEGER PRIMARY KEY,        -- term id × 2^20 + seq / 4096
    postings BLOB NOT NULL               -- four bytes an entry: seq % 4096, then weight and length (storage/postings.py)
) STRICT;

CREATE TABLE lexical_state (             -- a single row
    words  INTEGER NOT NULL,             -- version of the rules that made the terms
    filled INTEGER NOT NULL              -- entries up to this `seq` are in; the rest follows at the next start
) STRICT;
INSERT INTO lexical_state VALUES (0, 0);
