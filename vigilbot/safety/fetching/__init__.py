"""The one door through which pages from outside come in."""
