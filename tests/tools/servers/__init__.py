"""Names of the schemas that `misbehaving.py lies` tells."""

LIES = ("circular", "remote", "bomb", "slow_pattern", "huge", "deep")
