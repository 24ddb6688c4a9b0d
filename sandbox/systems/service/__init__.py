"""Simulated systems of the field service."""
