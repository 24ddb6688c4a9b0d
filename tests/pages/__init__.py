"""The pages, each run alone: what it draws, refuses and says when something is missing."""
