"""事项办件: a matter that a unit handles for a resident; the case that gives a look-up its purpose."""
