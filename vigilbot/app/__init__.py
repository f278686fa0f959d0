"""The composition root: builds every part, and owns the order in which they start and stop."""

from vigilbot.app.assembly import App, assembled
from vigilbot.app.serving import Serving, serving

__all__ = ["App", "Serving", "assembled", "serving"]
