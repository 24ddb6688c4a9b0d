"""What the command line does: ``python -m portal …``."""
