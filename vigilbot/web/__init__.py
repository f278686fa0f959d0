"""The web side: the console page, its API, and the probes. Decides nothing about answers."""
