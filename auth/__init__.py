"""Who is asking, in which post, and what they may see."""
