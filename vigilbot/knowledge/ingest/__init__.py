"""Documents and corpora become entries: `ingesting.py` shows the order."""
