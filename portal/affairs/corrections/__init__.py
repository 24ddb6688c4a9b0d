"""数据校核: asking the owner of a system to look at a value, and hearing what came of it."""
