"""What the bot knows: entries in SQLite, vectors in Chroma."""
