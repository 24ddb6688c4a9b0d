"""Colours, fonts and shapes of the interface: the only place that knows them."""
