"""From what people said and clicked to files that trainers of language models read."""
