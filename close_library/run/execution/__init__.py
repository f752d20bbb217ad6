"""Notebooks executed and their reports drawn: kernels, processes, clusters."""
