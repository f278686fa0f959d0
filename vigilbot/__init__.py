"""vigilbot: the support bot that helps without being asked."""

__version__ = "0.1.0"
