"""The reasoner that asks a language model: prompts from files, requests through litellm, answers read with care."""

from vigilbot.reasoning.prompted.checking import check
from vigilbot.reasoning.prompted.probing import probe
from vigilbot.reasoning.prompted.reasoner import PromptedReasoner

__all__ = ["PromptedReasoner", "check", "probe"]
