"""English stop words: too frequent to tell one passage from another, so they are not searched for."""

from __future__ import annotations

# fmt: off
STOP_WORDS = frozenset({
    "a", "an", "the", "and", "or", "but", "if", "so", "than", "that", "this", "these", "those", "there", "here",
    "then", "i", "me", "my", "we", "us", "our", "you", "your", "he", "him", "his", "she", "her", "it", "its", "they",
    "them", "their", "one", "am", "is", "are", "was", "were", "be", "been", "being", "do", "does", "did", "have",
    "has", "had", "can", "could", "may", "might", "must", "shall", "should", "will", "would", "what", "which", "who",
    "whom", "whose", "when", "where", "why", "how", "not", "no", "nor", "of", "in", "on", "at", "by", "for", "from",
    "to", "into", "onto", "with", "without", "about", "as", "any", "some", "also", "just", "very", "too", "hi",
    "hello", "hey", "please", "thanks", "thank", "anyone", "anybody", "someone", "somebody", "s", "t", "d", "m",
    "re", "ve", "ll", "im", "ive", "dont", "doesnt", "cant",
})
# fmt: on
