"""Who thinks: prompts to a language model, or the built-in extractive reasoner."""
