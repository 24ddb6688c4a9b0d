"""Photos of a finding: what a file is, is told by its content and never by its name."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select

from auth import audit, permissions
from auth.principal import Principal
from portal.affairs.findings.rules import FindingError
from portal.affairs.findings.tables import finding, finding_photo
from portal.affairs.workflow.flow import KEPT
from portal.affairs.workflow.ledger import Step
from portal.store import crypto
from portal.store.citypack import pack
from portal.store.scope import scoped

_MOST_NAME = 120
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo as it is brought."""

    name: str
    data: bytes


def kind_of(data: bytes) -> str | None:
    """The ending that belongs to a picture; ``None`` for what is none."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def checked(one: Photo) -> dict[str, Any]:
    """The row of a photo that may be kept, or why it may not."""
    name = " ".join(one.name.replace("/", " ").replace("\\", " ").split())[-_MOST_NAME:] or "照片"
    most, kind = pack().findings.most_bytes, kind_of(one.data)
    if kind is None:
        raise FindingError(f"“{name}”不是照片（jpg、png、webp），没有保存，{KEPT}")
    if len(one.data) > most:
        raise FindingError(
            f"照片“{name}”超过 {most / 1048576:.1f} MB 的上限，没有保存。请压缩后重新添加，{KEPT}"
        )
    return {
        "id": uuid4(),
        "name": name,
        "media_type": _TYPES[kind],
        "size": len(one.data),
        "sha256": hashlib.sha256(one.data).hexdigest(),
        "bytes": crypto.seal(one.data),
    }


def rows(given: Sequence[Photo], there: int) -> list[dict[str, Any]]:
    """The rows of several, beside those that are there."""
    most = pack().findings.most_photos
    if there + len(given) > most:
        raise FindingError(f"一件问题最多 {most} 张照片，没有保存，{KEPT}")
    return [checked(one) for one in given]


def keep(step: Step) -> None:
    """Photos brought to a finding."""
    given = step.form["attachment"]
    brought = [given] if isinstance(given, Photo) else list(given)
    query = select(func.count()).where(finding_photo.c.finding_id == step.row.id)
    made = rows(brought, step.connection.execute(query).scalar_one())
    step.detail["photos"] = [one["name"] for one in made]
    step.words += f"：{'、'.join(step.detail['photos'])}"
    step.after.append(partial(_store, step, made))


def _store(step: Step, made: list[dict[str, Any]]) -> None:
    about = {"finding_id": step.row.id, "added_by": step.by.name, "at": step.now}
    step.connection.execute(insert(finding_photo), [{**row, **about} for row in made])


def photo(principal: Principal, photo_id: UUID) -> tuple[str, str, bytes]:
    """A photo: its name, its type and what is in it; recorded in the audit."""
    permissions.check(principal, "findings.view")
    with scoped(principal.reach) as connection:
        row = connection.execute(
            select(finding_photo, finding.c.number)
            .join(finding, finding.c.id == finding_photo.c.finding_id)
            .where(finding_photo.c.id == photo_id)
        ).first()
    if row is None:
        raise FindingError("没有找到这张照片，可能不在本岗位的管辖范围。")
    audit.append(
        action="findings.photo",
        actor=principal.login,
        unit_id=principal.unit.id,
        region_code=principal.unit.region_code,
        detail={"number": row.number, "photo": row.name},
    )
    return row.name, row.media_type, crypto.unseal(row.bytes)
