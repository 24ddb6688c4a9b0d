"""统一数据：数据资源目录与专题库. What the systems share; nothing personal is told here."""

from portal.functions.resources.catalogue import (
    PERMISSION,
    Entry,
    Resources,
    Topic,
    TopicNumber,
    load,
    problems,
)

__all__ = ["PERMISSION", "Entry", "Resources", "Topic", "TopicNumber", "load", "problems"]
