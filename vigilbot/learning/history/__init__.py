"""Old dialogues as lessons: exports and files become threads, threads closed sessions, and those are learnt from."""
