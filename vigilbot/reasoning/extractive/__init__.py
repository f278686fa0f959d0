"""The built-in reasoner: no language model needed."""

from vigilbot.reasoning.extractive.reasoner import ExtractiveReasoner

__all__ = ["ExtractiveReasoner"]
