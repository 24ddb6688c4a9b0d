"""Forms that the province issues: taken in, filled as any form, and sent back when locked."""
