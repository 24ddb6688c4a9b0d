"""What follows from the moves of forms and answers, within the move's own transaction."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, func, insert, or_, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from auth.tables import unit
from portal.affairs.forms import collected, held, personfacts, rules, tally
from portal.affairs.forms.conflicts import Standing, conflict
from portal.affairs.forms.tables import form, form_answer, form_fact, form_refusal
from portal.affairs.forms.words import CHANGED, TYPED, FormError
from portal.affairs.workflow.flow import KEPT
from portal.affairs.workflow.ledger import Step
from portal.store import clock, crypto, region_codes, workdays
from portal.store.citypack import pack
from portal.store.form_texts import FormText

ISSUED = ("已备案", "已下发")
_PAPER = text("SELECT nextval('form_paper') FROM generate_series(1, :count)")


def today() -> date:
    """The day on the wall clock."""
    return clock.local(clock.now()).date()


def content(row: Row[Any]) -> FormText:
    """A form as it was written."""
    return FormText.model_validate(row.content)


# -- the form -------------------------------------------------------------------------------------


def submit(step: Step) -> None:
    """A form goes to approval when nothing is wrong with it and its overlap was looked at."""
    made, known, texts = content(step.row), held.now(), pack().forms
    if words := rules.refused(made, known):
        told = "；".join(f"“{title}”：{there}已有" for title, there in words)
        raise RefusedError(f"有重复采集的栏目，没有提交，{KEPT}{told}。", words)
    if faults := rules.faults(made, known, texts):
        raise FormError(f"没有提交，{KEPT}{'；'.join(map(str, faults[:8]))}。")
    found = overlapping(step, made)
    if found and not step.given("words"):
        told = "；".join(f"《{one.title}》{one.percent}%" for one in found)
        raise FormError(f"与已备案报表重合：{told}。请核对重合栏目，在“说明”中写明仍需制发的理由。")
    step.values["overlaps"] = [vars(one) for one in found]


class RefusedError(FormError):
    """Fields would be asked twice; which, and who holds them."""

    def __init__(self, message: str, fields: tuple[tuple[str, str], ...]) -> None:
        super().__init__(message)
        self.fields = fields


def note_refused(connection: Any, row: Row[Any], words: tuple[tuple[str, str], ...]) -> None:
    """Remember which fields were refused as duplicates; each once per form."""
    rows = [
        {"issuer_unit": row.issuer_unit, "region_code": row.region_code, "form_title": row.title,
         "field_title": title, "held_by": there, "at": clock.now()}
        for title, there in words
    ]  # fmt: skip
    noted = upsert(form_refusal).values(rows).on_conflict_do_nothing().returning(form_refusal)
    tally.REFUSALS.follow(connection, [(None, one) for one in connection.execute(noted).all()])


def overlapping(step: Step, made: FormText) -> tuple[rules.Overlap, ...]:
    """The registered forms that ask the same, as the service sees them all."""
    query = select(form.c.content).where(form.c.state.in_(ISSUED), form.c.id != step.row.id)
    others = [FormText.model_validate(one) for one in step.connection.execute(query).scalars()]
    others = [one.model_copy(update={"id": f"o{n}"}) for n, one in enumerate(others)]
    return rules.overlaps(made, others, pack().forms.overlap_percent)


def approve(step: Step) -> None:
    """Only a form whose head is whole is registered."""
    if lacking := rules.head_faults(content(step.row), today()):
        raise FormError(f"不能备案：{'；'.join(lacking)}。请退回制定单位补齐，未作改动。")


def due_of(made: FormText, after: date) -> date:
    """Until when the answers of a period that ends before a day are handed in."""
    return made.due_on or workdays.after(after - timedelta(days=1), made.days, pack().holidays)


def _receivers(step: Step, made: FormText) -> list[Row[Any]]:
    """The communities that a form is for."""
    here = unit.c.region_code
    places = made.targets or (step.row.region_code,)
    query = select(unit.c.id, here).where(
        unit.c.kind == "community",
        unit.c.status == "active",
        or_(*(region_codes.within(here, one) for one in places)),
    )
    return list(step.connection.execute(query))


def _not_answered_before(
    step: Step, made: FormText, first: date, units: list[Row[Any]]
) -> list[Row[Any]]:
    """A period that a unit answered on an earlier edition of the province is not asked again."""
    if made.source != rules.PROVINCIAL:
        return units
    query = (
        select(form_answer.c.unit_id)
        .join(form, form.c.id == form_answer.c.form_id)
        .where(
            form.c.number == made.number,
            form.c.source == made.source,
            form_answer.c.period_from == first,
            form_answer.c.state != "已拒收",
        )
    )
    there = set(step.connection.execute(query).scalars())
    return [one for one in units if one.id not in there]


def send(step: Step) -> None:
    """Every community of the place gets the form of the running period, once."""
    made, texts = content(step.row), pack().forms
    if not texts.issue_locally and made.source == "本地":
        raise FormError("本市未启用本地制发，报表须经省级一表通下发，未作改动。")
    if lacking := rules.head_faults(made, today()):
        raise FormError(f"不能下发：{'；'.join(lacking)}。未作改动。")
    first, after = rules.period_of(made.cycle, today())
    units = _receivers(step, made)
    if not units:
        raise FormError("下发范围内没有社区（村），未作改动。")
    units = _not_answered_before(step, made, first, units)
    numbers = step.connection.execute(_PAPER, {"count": len(units)}).scalars().all()
    due = due_of(made, after)
    rows = [
        {"id": uuid4(), "form_id": step.row.id, "issuer_unit": step.row.issuer_unit,
         "region_code": one.region_code, "unit_id": one.id, "paper_no": f"YB{number:08d}",
         "period_from": first, "period_to": after, "due_on": due,
         "offline": one.id in texts.offline_units, "payload": "", "rows": 0, "asked": 0,
         "auto": 0, "changed": 0, "typed": 0, "state": "待填报", "state_since": step.now,
         "sent_at": step.now}
        for one, number in zip(units, numbers, strict=True)
    ]  # fmt: skip
    if not rows:
        return
    sent = upsert(form_answer).values(rows).on_conflict_do_nothing(
        constraint="uq_form_answer_form_unit_period"
    ).returning(form_answer)  # fmt: skip
    made_now = step.connection.execute(sent).all()
    tally.COUNT.follow(step.connection, [(None, one) for one in made_now])
    count = len(made_now)
    step.detail |= {"period": first.isoformat(), "units": count}
    step.words = f"{step.words}：{first} 起一期，{count} 个单位"


# -- the answer -----------------------------------------------------------------------------------


def _of(step: Step) -> FormText:
    query = select(form.c.content).where(form.c.id == step.row.form_id)
    return FormText.model_validate(step.connection.execute(query).scalar_one())


def rows_of(made: FormText, count: int) -> list[int]:
    """The numbers of the rows: a summary has the one row 0."""
    return list(range(1, count + 1)) if made.layout == "名册" else [0]


def hand_in(step: Step) -> None:
    """An answer goes up when every required cell is there and every check holds."""
    if step.row.filled_at is None:
        raise FormError(f"正在自动取数，请稍候再上报，{KEPT}")
    made, cells = _of(step), held.unseal(step.row.payload)
    open_ = [one for one in cells.values() if one.other]
    faults = rules.lacking(made, cells, rows_of(made, step.row.rows))
    if open_:
        raise FormError(f"有 {len(open_)} 格由两人同时填写且内容不同，请先核定再上报，{KEPT}")
    if faults:
        more = f"等 {len(faults)} 处" if len(faults) > 5 else ""
        raise FormError(f"没有上报，{KEPT}{'；'.join(map(str, faults[:5]))}{more}。")
    step.values["handed_at"] = step.now
    if step.by.unit_id != step.row.unit_id:
        step.values["filled_by"] = step.by.unit_name
        step.words = f"{step.words}（代填）"


def give_back(step: Step) -> None:
    """What is given back or reopened is to be handed in again."""
    step.values["handed_at"] = None


def change_edition(step: Step) -> None:
    """An answer that is still open goes on with the new edition; what was typed goes with it."""
    query = select(form).where(form.c.id == UUID(str(step.form["form_id"])))
    new = step.connection.execute(query).one()
    made, cells = content(new), held.unseal(step.row.payload)
    kept = {name: one for name, one in cells.items() if one.state in (CHANGED, TYPED)}
    gone = sum(made.field(name.split(".")[1]) is None for name in kept)
    left = f"，{gone} 格的栏目已取消，内容存档" if gone else ""
    step.words = f"{step.words}：沿用已填 {len(kept) - gone} 格{left}"
    step.detail |= {"from_form": str(step.row.form_id)}
    step.values |= {
        "form_id": new.id, "payload": held.seal(kept) if kept else "", "filled_at": None,
        "handed_at": None, "due_on": due_of(made, step.row.period_to),
    }  # fmt: skip


def refuse(step: Step) -> None:
    """Only a form that ought not to have come may be refused."""
    if not rules.head_faults(_of(step), today()):
        raise FormError(f"该报表已备案且在有效期内，不能拒收。{KEPT}如有重复采集请向街道反映。")


def lock(step: Step) -> None:
    """Locked answers leave their facts and numbers behind, for the next form and for reports."""
    made, cells = _of(step), held.unseal(step.row.payload)
    if made.layout == "名册":
        personfacts.leave(step, made, cells, rows_of(made, step.row.rows))
        return
    collected.leave(step, made, cells)
    for one in made.fields:
        cell = cells.get(f"0.{one.name}")
        if one.fact and cell and cell.value:
            _leave(step, one.fact, cell.value, cell.base)


def _leave(step: Step, name: str, value: str, base: int) -> None:
    """As entities do: built on the latest it counts; else softly or hardly in conflict."""
    connection, code = step.connection, step.row.region_code
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"form_fact{code}{name}"))))
    standing = select(form_fact).where(form_fact.c.region_code == code, form_fact.c.name == name)
    query = standing.order_by(form_fact.c.version.desc())
    known = connection.execute(query).all()
    latest = next((one for one in known if one.conflict != "hard"), None)
    counts = (
        Standing(value=crypto.decrypt(latest.value), version=latest.version, form_id=latest.form_id)
        if latest is not None
        else None
    )
    against = conflict(counts, base, step.row.form_id, value)
    connection.execute(
        insert(form_fact).values(
            region_code=code, name=name, value=crypto.encrypt(value),
            version=(known[0].version if known else 0) + 1, base=base, conflict=against,
            form_id=step.row.form_id, as_of=step.row.period_to - timedelta(days=1), at=step.now,
        )
    )  # fmt: skip
    if against == "hard":
        step.detail.setdefault("conflicts", []).append(name)
