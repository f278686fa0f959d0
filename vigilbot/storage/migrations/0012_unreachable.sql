-- Pages that could not be had, visit after visit: shown for review like those that are gone.

ALTER TABLE documents ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;  -- visits in a row at which the page was not to be had
ALTER TABLE documents ADD COLUMN failing_since REAL;                    -- the first of them
