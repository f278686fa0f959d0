"""Forgetting a source: everything learnt from it, and what was said there, without residue in the database.

Deleting is not enough for that: `Database.compact` then takes it out of free pages and the write-ahead log as well.
"""
