-- Which card had said it already: when that is taken back before anybody saw it, the question is open again.

ALTER TABLE turns ADD COLUMN duplicate_of TEXT REFERENCES cards (id) ON DELETE SET NULL;
CREATE INDEX turns_duplicate_of ON turns (duplicate_of) WHERE duplicate_of IS NOT NULL;
