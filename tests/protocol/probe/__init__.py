"""A page with one of everything that a forged client could reach for, behind the real shield."""
