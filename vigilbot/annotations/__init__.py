"""What analysts say about the bot's work (AITL): suggestions they decide on, when they are asked, what is stored."""
