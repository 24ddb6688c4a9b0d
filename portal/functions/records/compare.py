"""Where systems disagree about one person: the same fact under the same name, told differently.

What is compared is data of the city pack. Values meet as keyed digests, so that a page that shows
masked values can say that they differ without holding them.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portal.connectors.contract import Field
from portal.functions import city
from portal.functions.records.words import MaskedAnswer
from portal.store import crypto, divisions
from portal.store.citypack import pack
from portal.store.work_texts import ComparedField, How

_CAME_MASKED = re.compile(r"[*＊×xX]{2,}")
_NOT_WORDS = re.compile(r"[\s,，.。、:：;；()（）\-—_·/]+")
_PROVINCE = re.compile(r"^[^省市区县]{1,8}省")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one system says, as it may be shown."""

    system_id: str
    system_name: str
    record_no: int
    field: str
    label: str
    text: str
    digest: str
    as_of: datetime | None


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One fact that systems tell differently; those that agree stand side by side."""

    field: str
    label: str
    said: tuple[Said, ...]


def _rule(name: str) -> ComparedField | None:
    return next((one for one in pack().corrections.compared if one.field == name), None)


def normal(value: str, how: How) -> str:
    """The value without what is only a way of writing it; nothing when it came masked."""
    plain = unicodedata.normalize("NFKC", value).strip()
    if _CAME_MASKED.search(plain):
        return ""
    if how == "digits":
        return re.sub(r"\D", "", plain)
    plain = _NOT_WORDS.sub("", plain)
    return _from_street(plain) if how == "address" else plain


def _from_street(address: str) -> str:
    """An address without the places it begins with: one system writes them, another does not."""
    left = _PROVINCE.sub("", address)
    for level in ("city", "district", "street", "community"):
        for place in divisions.below(pack().region_code, level):
            name = city.everyday(place.name)
            if left.startswith(name):
                left = left.removeprefix(name)
                break
    return left


def digest(field: Field) -> str:
    """What tells equal values from different ones; nothing for what is not compared."""
    rule = _rule(field.name)
    if rule is None or not field.value:
        return ""
    plain = normal(field.value, rule.how)
    return crypto.keyed_hash(f"{field.name}|{plain}")[:16] if plain else ""


def _first_said(answer: MaskedAnswer, name: str) -> Said | None:
    for number, record in enumerate(answer.records):
        for one in record.fields:
            if one.name == name and one.digest:
                return Said(
                    system_id=answer.system_id,
                    system_name=answer.system_name,
                    record_no=number,
                    field=name,
                    label=one.label,
                    text=one.text,
                    digest=one.digest,
                    as_of=answer.as_of,
                )
    return None


def disagreements(answers: Iterable[MaskedAnswer]) -> tuple[Disagreement, ...]:
    """The facts that at least two systems tell differently, in the order of the pack."""
    held = list(answers)
    found = []
    for rule in pack().corrections.compared:
        said = [one for answer in held if (one := _first_said(answer, rule.field)) is not None]
        if len({one.digest for one in said}) > 1:
            kinds = [one.digest for one in said]
            said.sort(key=lambda one: (-kinds.count(one.digest), kinds.index(one.digest)))
            found.append(Disagreement(field=rule.field, label=rule.label, said=tuple(said)))
    return tuple(found)
