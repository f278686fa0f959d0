"""The console as a chat platform: rooms in a local web page, no vendor behind it."""
