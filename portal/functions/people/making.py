"""A plan with the word that stands for it: the file, what it met, and who asked."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from auth.administration import Administrator
from portal.functions.people.model import COLUMNS, Base, Plan, Problem, Wanted
from portal.functions.people.plan import Planner
from portal.store.citypack import RoleText


def digest(data: bytes, base: Base, admin: Administrator) -> str:
    """One word for a file, what it met, and who asked: another word, another plan."""
    whole = asdict(base)
    whole["holdings"] = sorted(map(str, base.holdings.values()))  # pairs are no keys of JSON
    stands = json.dumps(whole, default=_plain, sort_keys=True, ensure_ascii=False)
    asked = f"{hashlib.sha256(data).hexdigest()}\n{admin.position_id}\n{admin.prefixes}"
    return hashlib.sha256(f"{asked}\n{stands}".encode()).hexdigest()


def _plain(value: object) -> str:
    return ",".join(sorted(map(str, value))) if isinstance(value, frozenset) else str(value)


def make(
    wanted: Wanted,
    wrong: Sequence[Problem],
    base: Base,
    admin: Administrator,
    roles: Mapping[str, RoleText],
    word: str,
) -> Plan:
    """The plan of a file."""
    changes, problems = Planner(wanted, base, admin, roles).run()
    order = list(COLUMNS)
    told = sorted({*wrong, *problems}, key=lambda one: (order.index(one.sheet), one.number))
    return Plan(changes=tuple(changes), problems=tuple(told), digest=word)
