-- What tools found for a turn: JSON list of {tool, arguments, text, found_at}.

ALTER TABLE turns ADD COLUMN findings TEXT NOT NULL DEFAULT '[]';
