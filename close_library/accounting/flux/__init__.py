"""Flux: what changed against a prior month, quarter or year, a budget or a forecast, by how much, and what drove it."""
