"""From rows to better models: training of the extractive reasoner's small models."""
