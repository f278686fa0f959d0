"""What the bot is worth, and whether it gets better: figures from what is stored, nothing estimated unseen."""
