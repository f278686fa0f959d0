"""What trained models change in a search: the question's vector, and how the second look is weighed."""
