"""Upstream government systems, simulated behind their real protocols; a process of its own."""
