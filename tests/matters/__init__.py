"""Matters: their conditions, prefilled applications and slips."""
