"""What a command does once its words are read: `cli/` parses and prints, these put the parts together and run them."""
