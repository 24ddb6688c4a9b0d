"""The worker of 查询核验: takes rows, asks for each, writes each down once.

Rows are taken under a lease and committed before anything is asked, so a worker that dies costs
the time of its lease; whoever comes next takes those rows again, and what is done stays done.
Every process may run one.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row

from auth import audit, permissions, posts
from auth.principal import Principal
from portal.connectors.contract import Answer, Asker
from portal.functions.records import Purpose, Records
from portal.functions.verify import rules
from portal.functions.verify.desk import ASK, PURPOSE, verifiable
from portal.store import clock, crypto, search, verify
from portal.store.citypack import pack
from portal.store.scope import scoped
from portal.store.search import Found

_log = structlog.get_logger(__name__)
_AT_ONCE = 40  # rows per turn
_THREADS = 4
LEASE = timedelta(seconds=120)
_STOPPED = "提出人的岗位或权限已变动，核验已中止，已得结果未保留；请由在岗人员重新提出。"


@dataclass(frozen=True, kw_only=True)
class Runner:
    """The worker of one process."""

    records: Records
    at_once: int = _AT_ONCE

    def turn(self) -> int:
        """Take some rows and work them off; gives how many."""
        with scoped(verify.SERVICE) as connection:
            rows = verify.claim(
                connection, state=rules.RUNNING, now=clock.now(), lease=LEASE, most=self.at_once
            )
        for job_id in dict.fromkeys(row.job_id for row in rows):
            self._work(job_id, [row for row in rows if row.job_id == job_id])
        self._close()
        return len(rows)

    def _work(self, job_id: UUID, rows: Sequence[Row[Any]]) -> None:
        with scoped(verify.SERVICE) as connection:
            job = verify.find(connection, job_id)
        if job is None or job.state != rules.RUNNING:
            return
        who = _who(job)
        if who is None:
            self._stop(job)
            return
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="verify") as pool:
            list(pool.map(lambda row: self._row(job, who, row), rows))

    def _row(self, job: Row[Any], who: Principal, row: Row[Any]) -> None:
        outcome, answers = self._outcome(job, who, row)
        if not outcome:
            return
        sealed = crypto.encrypt(json.dumps(answers, ensure_ascii=False)) if answers else None
        with scoped(verify.SERVICE) as connection:
            verify.settle(
                connection,
                row,
                rules.RUNNING,
                outcome=outcome,
                answers=sealed,
                done_at=clock.now(),
            )

    def _outcome(self, job: Row[Any], who: Principal, row: Row[Any]) -> tuple[str, dict[str, Any]]:
        """A row that cannot be worked is tried again after its lease, but not for ever."""
        try:
            name, id_number = json.loads(crypto.decrypt(row.person))
            return self._verified(job, who, name, id_number)
        except Exception as error:
            _log.error(
                "row not verified", job=job.number, row=row.number, error=type(error).__name__
            )
            return (rules.BROKEN if row.attempts >= rules.MOST_ATTEMPTS else ""), {}

    def _verified(
        self, job: Row[Any], who: Principal, name: str, id_number: str
    ) -> tuple[str, dict[str, Any]]:
        """What a row comes to: the scope first, then whether the name belongs to the number."""
        with scoped(who.reach) as connection:
            condition = search.by_id_hash(crypto.keyed_hash(id_number))
            found = next(iter(search.find(connection, condition, 1)), None)
        if found is None or found.region_code is None:
            return rules.OUT_OF_SCOPE, {}
        if not rules.same_name(found.name, name):
            return rules.WRONG_NAME, {}
        asker = self._asker(job, who, found)
        self._audit(job, who, found, asker)
        told = {
            one.system_id: _told(one, job.wanted[one.system_id])
            for one in self.records.gateway.stream(asker, self.records.subject(found))
        }
        states = [one.pop("answer") for one in told.values()]
        return rules.outcome(states), told

    def _asker(self, job: Row[Any], who: Principal, found: Found) -> Asker:
        """What who asked may read of this person, narrowed to what the batch is for."""
        purpose = Purpose(id=PURPOSE, name=pack().verification.purpose, case_id=job.number)
        asker = self.records.asker(who, purpose, found)
        registry = self.records.gateway.registry
        narrowed = {}
        for system_id, names in asker.readable.items():
            wanted = set(job.wanted.get(system_id, ()))
            offered = {one for one, _ in verifiable(registry.system(system_id), names)}
            if kept := frozenset(wanted & offered):
                narrowed[system_id] = kept
        return replace(asker, readable=narrowed)

    def _audit(self, job: Row[Any], who: Principal, found: Found, asker: Asker) -> None:
        audit.append(
            action="verify.person",
            actor=who.login,
            unit_id=who.unit.id,
            region_code=who.unit.region_code,
            subject_hash=found.id_hash,
            purpose=PURPOSE,
            case_id=job.number,
            detail={"systems": sorted(asker.readable)},
        )

    def _stop(self, job: Row[Any]) -> None:
        with scoped(verify.SERVICE) as connection:
            held = verify.find(connection, job.id, lock=True)
            if held is None or held.state != rules.RUNNING:
                return
            state = rules.move(held.state, rules.STOPPED)
            verify.change(connection, job.id, state=state, note=_STOPPED, finished_at=clock.now())
            verify.forget_rows(connection, job.id)

    def _close(self) -> None:
        """Batches without a row left are done: also those whose last worker died after its rows."""
        until = clock.now() + timedelta(days=pack().verification.keep_days)
        with scoped(verify.SERVICE) as connection:
            for job_id in verify.running(connection, rules.RUNNING):
                verify.finish(
                    connection,
                    job_id,
                    running=rules.RUNNING,
                    differs=rules.WRONG_NAME,
                    state=rules.DONE,
                    finished_at=clock.now(),
                    expires_at=until,
                )

    def expire(self) -> int:
        """Throw away what has been kept long enough; gives how many batches."""
        with scoped(verify.SERVICE) as connection:
            gone = verify.overdue(connection, rules.PERISHABLE, clock.now())
            for row in gone:
                verify.change(connection, row.id, state=rules.move(row.state, rules.EXPIRED))
                verify.forget_rows(connection, row.id)
        return len(gone)


def _who(job: Row[Any]) -> Principal | None:
    """Who asked, with the rights of this moment; ``None`` when they have left the post."""
    who = posts.principal_for(
        account_id=job.account_id, post_id=job.post_id, session_id="", factors=job.factors
    )
    if who is None or who.post_id != job.post_id or who.holder_id != job.holder_id:
        return None
    return who if permissions.allowed(who, ASK) else None


def _told(answer: Answer, names: Sequence[str]) -> dict[str, Any]:
    """What a system said, as far as it was asked for."""
    values: dict[str, list[str]] = {}
    for record in answer.records:
        for one in record.fields:
            if one.name in names and one.value:
                values.setdefault(one.name, []).append(one.value)
    return {
        "answer": answer.state,
        "state": answer.state.value,
        "as_of": answer.as_of.isoformat() if answer.as_of else None,
        "values": {name: "；".join(dict.fromkeys(given)) for name, given in values.items()},
    }
