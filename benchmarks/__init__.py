"""Figures the project promises, measured. `python -m benchmarks [NAME…]` prints one JSON object a line."""
