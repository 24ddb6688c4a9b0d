"""The ground floor: PostgreSQL, scope, time, keys. It knows nothing of the rooms above."""
