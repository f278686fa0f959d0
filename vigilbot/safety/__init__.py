"""Nothing an outsider wrote is trusted: gates and limits, in code."""
