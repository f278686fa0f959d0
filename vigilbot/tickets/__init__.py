"""Triage: the grave ticket is seen at once and told only once (TickIt, arXiv 2504.08475)."""
