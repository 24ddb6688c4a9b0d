"""The number a cadre gives for messages: encrypted, shown masked, read only to send to it."""

import re
from uuid import UUID

from sqlalchemy import select, update

from auth import audit
from auth.principal import Principal
from auth.tables import account
from portal.functions.messages.model import MessageError
from portal.functions.records import mask
from portal.store import crypto
from portal.store.engine import begin

_PHONE = re.compile(r"1\d{10}")


def phone_of(account_id: UUID) -> str | None:
    """The number of an active account, to send to."""
    with begin() as connection:
        query = select(account.c.phone).where(
            account.c.id == account_id, account.c.status == "active"
        )
        sealed = connection.execute(query).scalar()
    return crypto.decrypt(sealed) if sealed else None


def kept_phone(principal: Principal) -> str:
    """One's own number, masked; nothing when none was given."""
    number = phone_of(principal.account_id)
    return mask.phone(number) if number else ""


def keep_phone(principal: Principal, given: str) -> None:
    """Give one's own number, or take it back with an empty one."""
    plain = given.replace(" ", "").replace("-", "")
    if plain and not _PHONE.fullmatch(plain):
        raise MessageError("手机号应为 1 开头的 11 位数字，没有保存，原来登记的不变。")
    sealed = crypto.encrypt(plain) if plain else None
    with begin() as connection:
        connection.execute(
            update(account).where(account.c.id == principal.account_id).values(phone=sealed)
        )
    audit.append(
        action="messages.phone",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"kind": "phone"},
    )
