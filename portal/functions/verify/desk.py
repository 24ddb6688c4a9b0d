"""查询核验: a batch is read, sent off, released by a second person, cancelled, fetched."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, or_

from auth import audit, permissions
from auth.principal import Principal
from portal.connectors.contract import Capability
from portal.connectors.registry import System
from portal.functions.records import Records
from portal.functions.verify import rules, sheet
from portal.functions.verify.model import Batch, Choice, Job
from portal.functions.verify.rules import Hand, Person, VerifyError
from portal.store import clock, crypto, sheets, verify
from portal.store.citypack import pack
from portal.store.scope import scoped
from portal.store.verify_tables import verify_job

ASK, RELEASE = "verify.ask", "verify.release"
PURPOSE = "verify"
_GONE = "没有找到这批核验，或不在本岗位的范围内。"
_MOST_SHOWN = 30


def hand(principal: Principal) -> Hand:
    """Who this is, as the rule of four eyes sees them."""
    return Hand(
        account_id=principal.account_id,
        holder_id=principal.holder_id,
        unit_id=principal.unit.id,
        level=principal.unit.level,
        region_code=principal.unit.region_code,
        prefixes=principal.prefixes,
    )


def _asked_by(row: Row[Any]) -> Hand:
    return Hand(
        account_id=row.account_id,
        holder_id=row.holder_id,
        unit_id=row.unit_id,
        level=row.level,
        region_code=row.region_code,
    )


def verifiable(system: System, names: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Of the fields a post may read, those that conclude or may be verified in batches."""
    return tuple(
        (name, rule.label)
        for name, rule in system.manifest.fields.items()
        if name in names and (rule.conclusion or rule.verifiable)
    )


@dataclass(frozen=True, kw_only=True)
class Verify:
    """The function of one process."""

    records: Records

    def choices(self, principal: Principal) -> tuple[Choice, ...]:
        """What this post may verify, system by system."""
        permissions.check(principal, ASK)
        registry = self.records.gateway.registry
        fields = registry.readable(principal.roles, PURPOSE)
        allowed = permissions.readable_systems(principal, PURPOSE, fields)
        found = [
            Choice(
                system_id=one.id,
                system_name=one.name,
                simulated=one.site.simulated,
                fields=verifiable(one, fields[one.id]),
            )
            for one in registry.serving(Capability.RECORDS)
            if one.id in allowed
        ]
        return tuple(one for one in found if one.fields)

    def check(self, principal: Principal, data: bytes, name: str) -> Batch:
        """Read a file; every bad cell is named, and nothing begins."""
        permissions.check(principal, ASK)
        texts = pack().verification
        read = sheets.read_sheet(data, name=name, max_rows=texts.most_rows)
        picked = sheets.pick(read, rules.COLUMNS, optional=rules.OPTIONAL)
        places = {key: read.header.index(words) for key, words in rules.COLUMNS.items()
                  if words in read.header}  # fmt: skip
        persons, problems = rules.read(picked, places)
        if not persons and not problems:
            raise sheets.SheetRefusedError(f"“{name}”里没有人员，请按模板填写后重新上传。")
        return Batch(
            persons=tuple(persons),
            problems=tuple(problems),
            needs_release=rules.needs_release(len(persons), texts.release_above),
        )

    def submit(
        self,
        principal: Principal,
        data: bytes,
        name: str,
        *,
        wanted: Mapping[str, Sequence[str]],
        reason: str,
    ) -> str:
        """Send a batch off; above the limit it waits for a second person. Gives its id."""
        permissions.check(principal, ASK)
        batch = self.check(principal, data, name)
        if batch.problems:
            raise VerifyError(
                f"文件有 {len(batch.problems)} 处需要改正，没有开始核验。请按所列行、列改正后上传。"
            )
        chosen = self._chosen(principal, wanted)
        told = rules.reason(reason)
        now = clock.now()
        state = rules.HELD if batch.needs_release else rules.RUNNING
        job: dict[str, Any] = {
            "id": uuid4(),
            "owner": principal.login,
            "account_id": principal.account_id,
            "holder_id": principal.holder_id,
            "post_id": principal.post_id,
            "factors": sorted(principal.factors),
            "actor_name": principal.name,
            "unit_id": principal.unit.id,
            "unit_name": principal.unit.name,
            "level": principal.unit.level,
            "region_code": principal.unit.region_code,
            "reason": told,
            "wanted": chosen,
            "persons": len(batch.persons),
            "state": state,
            "asked_at": now,
            "started_at": None if batch.needs_release else now,
            "expires_at": now + timedelta(days=pack().verification.keep_days),
        }
        with scoped(principal.reach) as connection:
            day = clock.local(now).date()
            taken = verify.number_after(connection, rules.number(day, 0)[:-4])
            job["number"] = rules.number(day, taken + 1)
            verify.add(connection, job, _rows(job["id"], principal, batch.persons))
        self._audit(principal, ASK, job["number"], len(batch.persons), systems=sorted(chosen))
        return str(job["id"])

    def _chosen(
        self, principal: Principal, wanted: Mapping[str, Sequence[str]]
    ) -> dict[str, list[str]]:
        offered = {one.system_id: {name for name, _ in one.fields}
                   for one in self.choices(principal)}  # fmt: skip
        chosen = {system: sorted(set(names)) for system, names in wanted.items() if names}
        if not chosen:
            raise VerifyError("请至少选择一项核验内容，所选文件已保留。")
        for system, names in chosen.items():
            if not set(names) <= offered.get(system, set()):
                permissions.refuse(principal, ASK, "所选核验内容不在本岗位可核验的范围内。")
        return chosen

    # -- what becomes of it ---------------------------------------------------------------------

    def jobs(self, principal: Principal) -> tuple[Job, ...]:
        """One's own batches, and those that wait for a second person here."""
        ask, release = (permissions.allowed(principal, one) for one in (ASK, RELEASE))
        if not (ask or release):
            permissions.check(principal, ASK)
        mine = verify_job.c.owner == principal.login
        waits = verify_job.c.state == rules.HELD
        wanted = or_(mine, waits) if release else mine
        with scoped(principal.reach) as connection:
            rows = verify.jobs(connection, wanted, _MOST_SHOWN)
            done = {row.id: verify.progress(connection, row.id) for row in rows}
        shown = (self._job(principal, row, done[row.id], release) for row in rows)
        return tuple(one for one in shown if one.mine or one.may_release)

    def _job(self, principal: Principal, row: Row[Any], done: int, release: bool) -> Job:
        registry = self.records.gateway.registry
        wanted = [
            f"{registry.systems[system].name}·{registry.label(system, name)}"
            for system, names in row.wanted.items()
            if system in registry.systems
            for name in names
        ]
        problem = rules.release_problem(_asked_by(row), hand(principal))
        held = row.state == rules.HELD
        return Job(
            id=str(row.id),
            number=row.number,
            state=row.state,
            persons=row.persons,
            done=row.persons if row.state == rules.DONE else done,
            reason=row.reason,
            wanted=tuple(wanted),
            unit_name=row.unit_name,
            actor_name=row.actor_name,
            asked_at=row.asked_at,
            finished_at=row.finished_at,
            expires_at=row.expires_at,
            released_by=row.released_by or "",
            note=row.note or "",
            mine=row.owner == principal.login,
            may_release=held and release and not problem,
            why_not=problem if held else "",
        )

    def release(self, principal: Principal, job_id: str) -> None:
        """A second person lets a batch begin."""
        now = clock.now()
        row = self._decide(principal, job_id, rules.RUNNING, started_at=now)
        self._audit(principal, RELEASE, row.number, row.persons)

    def turn_down(self, principal: Principal, job_id: str, why: str) -> None:
        """A second person does not; the persons in it are forgotten at once."""
        told = rules.reason(why)
        row = self._decide(principal, job_id, rules.TURNED_DOWN, note=told)
        self._forget(row.id)
        self._audit(principal, "verify.refuse", row.number, row.persons)

    def _decide(
        self, principal: Principal, job_id: str, to: rules.State, **values: Any
    ) -> Row[Any]:
        permissions.check(principal, RELEASE)
        with scoped(principal.reach) as connection:
            row = verify.find(connection, _key(job_id), lock=True)
            if row is None:
                raise VerifyError(_GONE)
            if problem := rules.release_problem(_asked_by(row), hand(principal)):
                permissions.refuse(principal, RELEASE, problem)
            by = {"released_by": principal.name} if to == rules.RUNNING else {}
            verify.change(connection, row.id, state=rules.move(row.state, to), **by, **values)
        return row

    def cancel(self, principal: Principal, job_id: str) -> None:
        """Who asked stops it; persons and answers so far are forgotten."""
        permissions.check(principal, ASK)
        with scoped(principal.reach) as connection:
            row = self._mine(principal, connection, job_id, lock=True)
            state = rules.move(row.state, rules.CANCELLED)
            verify.change(connection, row.id, state=state, finished_at=clock.now())
            verify.forget_rows(connection, row.id)
        self._audit(principal, "verify.cancel", row.number, row.persons)

    def result(self, principal: Principal, job_id: str) -> tuple[str, bytes]:
        """The file with every row's outcome, and its name; each fetching is recorded."""
        permissions.check(principal, ASK)
        with scoped(principal.reach) as connection:
            row = self._mine(principal, connection, job_id)
            if row.state != rules.DONE or row.expires_at <= clock.now():
                expired = row.state in (rules.DONE, rules.EXPIRED)
                why = "结果已过保留期并删除，请重新核验。" if expired else "还没有完成，没有结果。"
                raise VerifyError(f"这批核验{why}")
            found = verify.rows(connection, row.id)
        self._audit(principal, "verify.download", row.number, len(found))
        made = sheet.result(row, found, self.records.gateway.registry, principal.name)
        return f"查询核验结果_{row.number}.xlsx", made

    def template(self, principal: Principal) -> bytes:
        """The file to fill in."""
        permissions.check(principal, ASK)
        return sheet.template(principal.name)

    def _mine(
        self, principal: Principal, connection: Any, job_id: str, *, lock: bool = False
    ) -> Row[Any]:
        row = verify.find(connection, _key(job_id), lock=lock)
        if row is None or row.owner != principal.login:
            raise VerifyError(_GONE)
        return row

    def _forget(self, job_id: UUID) -> None:
        with scoped(verify.SERVICE) as connection:
            verify.forget_rows(connection, job_id)

    def _audit(
        self, principal: Principal, action: str, number: str, rows: int, **more: Any
    ) -> None:
        audit.append(
            action=action,
            actor=principal.login,
            unit_id=principal.unit.id,
            region_code=principal.unit.region_code,
            purpose=PURPOSE,
            detail={"number": number, "rows": rows, **more},
        )


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise VerifyError(_GONE) from None


def _rows(job_id: object, principal: Principal, persons: Sequence[Person]) -> list[dict[str, Any]]:
    sealer = crypto.Sealer()
    return [
        {
            "job_id": job_id,
            "number": one.number,
            "owner": principal.login,
            "person": sealer.encrypt(json.dumps([one.name, one.id_number], ensure_ascii=False)),
            "state": verify.WAITING,
        }
        for one in persons
    ]
