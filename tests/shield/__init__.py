"""Each guard of the shield alone, around a tiny application, with and without it."""
