"""Secrets and structured personal data leave a text before it is stored, logged or exported."""
