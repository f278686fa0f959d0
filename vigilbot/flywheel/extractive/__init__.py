"""Training of the extractive reasoner's small models: `python -m vigilbot.flywheel.extractive --help`."""
