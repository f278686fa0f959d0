"""From what analysts said of references to a better retriever and reranker, on one CPU, in minutes."""
