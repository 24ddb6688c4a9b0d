"""One engine for affairs that move by rules: the flow as data, one writer."""
