"""The person's desk: drafts, feedback, what changed, and what a home says in the morning."""
