-- Edits and deletions by the message they are about: one that comes before its message takes effect with it.

ALTER TABLE inbox ADD COLUMN changes TEXT;  -- as message_key: the message that this event edits or deletes
CREATE INDEX inbox_changes ON inbox (changes) WHERE changes IS NOT NULL;
