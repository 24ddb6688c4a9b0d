"""The tree of classes, walked and searched: by name, by how a name is spelt, by code. Pure."""

from collections.abc import Mapping

Names = Mapping[str, str]  # code -> name; 04.02 lies below 04


def path(code: str) -> tuple[str, ...]:
    """A class with those above it, the widest first."""
    levels = code.split(".") if code else []
    return tuple(".".join(levels[:n]) for n in range(1, len(levels) + 1))


def below(names: Names, code: str) -> tuple[str, ...]:
    """The classes directly below one; of nothing: the widest."""
    depth = len(path(code)) + 1
    inside = (one for one in names if not code or one.startswith(f"{code}."))
    return tuple(sorted(one for one in inside if len(path(one)) == depth))


def called(names: Names, code: str) -> str:
    """A class by its whole name, as people read it."""
    return " › ".join(names.get(one, one) for one in path(code))


def found(
    names: Names, spelt: Mapping[str, tuple[str, str]], words: str, most: int = 20
) -> tuple[str, ...]:
    """The classes that a few words or letters name: those that begin with them first."""
    wanted = "".join(words.lower().split())
    if not wanted:
        return ()
    ranked = []
    for code, name in names.items():
        forms = (name.lower(), *spelt.get(code, ()), code.lower())
        begins = any(one.startswith(wanted) for one in forms)
        if begins or any(wanted in one for one in forms):
            ranked.append((not begins, len(path(code)), code))
    return tuple(code for *_, code in sorted(ranked)[:most])
