"""晨报: one page each morning for who leads a place, of its own numbers and open orders."""
