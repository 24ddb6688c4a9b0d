"""事项办件: a matter a unit handles for a resident; the case gives a look-up its purpose."""
