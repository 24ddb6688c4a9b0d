"""Simulated systems of the field party."""
