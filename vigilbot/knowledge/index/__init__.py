"""The vector index: a disposable picture of what SQLite holds, and how it is kept in line."""
