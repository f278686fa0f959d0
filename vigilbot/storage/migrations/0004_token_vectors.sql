-- What late interaction compares: the vectors of an entry's tokens, packed by the embedder they come from.

CREATE TABLE token_vectors (
    entry_seq INTEGER NOT NULL REFERENCES entries (seq) ON DELETE CASCADE,
    embedder  TEXT NOT NULL,
    version   INTEGER NOT NULL,          -- of the entry whose text this is
    tokens    BLOB NOT NULL,             -- embedding/tokenvectors.py says how
    PRIMARY KEY (entry_seq, embedder)
) STRICT;
