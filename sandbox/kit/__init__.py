"""Simulated systems by declaration: what a system says, its way of saying it, and its tasks."""
