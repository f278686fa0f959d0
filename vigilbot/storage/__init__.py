"""SQLite is the truth for everything. One small module per table family."""
