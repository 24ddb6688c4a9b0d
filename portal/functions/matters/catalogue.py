"""The catalogue of matters: found as one speaks, and checked for what it asks of the systems."""

from collections.abc import Iterator, Sequence

from portal.connectors.registry import Registry
from portal.functions.entry.wall import matches
from portal.functions.matters import rules
from portal.functions.matters.facts import RESIDENT, split
from portal.store.matter_texts import Matter, MatterTexts

_RESIDENT = frozenset({"name", "id_number", "sex", "birth_date", "address"})


def found(texts: MatterTexts, typed: str) -> tuple[Matter, ...]:
    """The matters that a text finds: characters, pinyin or initials of any of their names."""
    return tuple(
        one
        for one in texts.matter
        if any(matches(name, typed) for name in (one.name, *one.also, one.group))
    )


def grouped(matters: Sequence[Matter]) -> dict[str, tuple[Matter, ...]]:
    """The matters by group, in the order of the city's file."""
    groups = dict.fromkeys(one.group for one in matters)
    return {name: tuple(one for one in matters if one.group == name) for name in groups}


def problems(texts: MatterTexts, registry: Registry) -> Iterator[str]:
    """Everything wrong with the file, each with the matter it is in; a joined system is asked
    only for fields that its manifest has."""
    seen: set[str] = set()
    for one in texts.matter:
        if one.id in seen:
            yield f"{one.id}：编号写了两次"
        seen.add(one.id)
        for source in _sources(texts, one):
            if isinstance(source, rules.BadCheckError):
                yield f"{one.id}：{source}"
            elif not _known(source, registry):
                yield f"{one.id}：没有名为“{source}”的字段"
        yield from _doubled(texts, one)
        yield from _page(one, registry)


def _sources(texts: MatterTexts, matter: Matter) -> Iterator[str | rules.BadCheckError]:
    for condition in matter.conditions:
        if condition.check:
            try:
                yield from (name for name in rules.names(condition.check) if "." in name)
            except rules.BadCheckError as error:
                yield error
    for material in matter.materials:
        yield from material.held
    for line in texts.lines(matter):
        yield from line.sources


def _known(source: str, registry: Registry) -> bool:
    system_id, name = split(source)
    if system_id == RESIDENT:
        return name in _RESIDENT
    system = registry.systems.get(system_id)
    return system is None or name == "record" or name in system.manifest.fields


def _doubled(texts: MatterTexts, matter: Matter) -> Iterator[str]:
    names = [one.name for one in texts.lines(matter)]
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield f"{matter.id}：申请栏目“{name}”写了两次"


def _page(matter: Matter, registry: Registry) -> Iterator[str]:
    system = registry.systems.get(matter.system)
    if not matter.link or system is None:
        return
    if system.manifest.entry is None or matter.link not in system.manifest.entry.links:
        yield f"{matter.id}：责任系统没有登记页面“{matter.link}”"
