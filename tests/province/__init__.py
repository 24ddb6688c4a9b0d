"""The provincial 一表通 as a source: its protocol, its simulation, what becomes of its forms."""
