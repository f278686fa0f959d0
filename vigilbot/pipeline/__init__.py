"""One message, start to end: identify → rewrite → retrieve → answer → dedup. The order stands in respond.py."""
