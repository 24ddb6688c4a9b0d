"""Simulated systems of the field governance."""
