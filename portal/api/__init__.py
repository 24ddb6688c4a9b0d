"""The HTTP API: the same functions, the same scope, one error shape."""
