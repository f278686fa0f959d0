"""From what was found to the order in which it is used."""
