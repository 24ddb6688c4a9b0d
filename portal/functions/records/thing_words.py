"""A household, a house or an enterprise as it may be shown in a list: named, masked."""

from portal.functions.records import mask
from portal.functions.records.words import ThingRef
from portal.store import crypto, divisions
from portal.store.things import Thing

KINDS = {"household": "一户一档", "house": "一房一档", "enterprise": "一企一档"}


def title(one: Thing) -> str:
    """What it is called: by the head, by the building, or by its own name."""
    if one.kind == "enterprise":
        return one.name
    if one.kind == "household":
        return f"{mask.name(one.name)}户" if one.name else "户主未登记的一户"
    return mask.address(one.address)


def address(one: Thing) -> str:
    """Where it is; that of an enterprise is public, a dwelling's is shown up to the building."""
    if not one.address:
        return ""
    return one.address if one.kind == "enterprise" else mask.address(one.address)


def ref(one: Thing) -> ThingRef:
    """The reference by which a page goes on to it."""
    return ThingRef(
        thing_id=str(one.id),
        kind=one.kind,
        kind_name=KINDS[one.kind],
        title=title(one),
        address=address(one),
        region_name=divisions.full_name(one.region_code),
        simulated=one.simulated,
        code=crypto.decrypt(one.code_cipher) if one.code_cipher else "",
    )
