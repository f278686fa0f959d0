"""Sessions live here: one lane each, bursts merged into turns, engaged, muted, closed."""
