"""Affairs plugged into one another: each knows only the shape of what it is given."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection

from portal.affairs.corrections import tally as correction_tally
from portal.affairs.dispatch import reads as dispatch_reads
from portal.affairs.findings import book, daily, linked
from portal.affairs.findings import rules as finding_rules
from portal.affairs.findings import tally as finding_tally
from portal.affairs.findings.linked import Demand, Standing
from portal.affairs.findings.offer import FindingTasks
from portal.affairs.forms import book as form_book
from portal.affairs.forms import collected, fill, held
from portal.affairs.forms import desk as form_desk
from portal.affairs.forms import rules as form_rules
from portal.affairs.forms import tally as form_tally
from portal.affairs.forms.offer import FormTasks
from portal.affairs.forms.province.desk import SUPERSEDE, Register
from portal.affairs.forms.province.outbox import Outbox
from portal.affairs.forms.words import Held, HeldField, HeldMeasure
from portal.affairs.matters import tally as case_tally
from portal.affairs.notices import tally as notice_tally
from portal.affairs.orders import book as order_book
from portal.affairs.orders import found, tally
from portal.affairs.workflow.flow import BadFlowError
from portal.connectors.province import open_province
from portal.connectors.registry import Registry
from portal.functions import province as exchange
from portal.functions.records import mask as masks
from portal.functions.reports.known import Own
from portal.jobs import Recurring
from portal.settings import secrets, settings
from portal.store import measure_notes, verify_tally
from portal.store.citypack import CityPack, pack
from portal.store.own_counts import OwnCount
from portal.store.report_texts import AffairText
from portal.store.scope import Reach, scoped


class OrdersOfFindings:
    """Findings become orders of this platform, and follow how those end."""

    def take(self, connection: Connection, demand: Demand) -> tuple[UUID, str]:
        """The order of a finding."""
        return found.take(connection, **vars(demand))

    def ended(self, ids: Collection[UUID]) -> dict[UUID, Standing]:
        """Those orders that are over."""
        over = found.ended(ids)
        return {one: Standing(done=done, words=words) for one, (done, words) in over.items()}


def _has_findings(city: CityPack) -> bool:
    return city.flow(book.FLOW) is not None and bool(city.findings.stage)


def tasks_of_findings(city: CityPack) -> tuple[FindingTasks, ...]:
    """未诉先办 in the inbox, where the city has it; its findings may become orders."""
    if not _has_findings(city):
        return ()
    book.flow()  # a flow that makes no sense stops here, with file, line and reason
    linked.become_orders(OrdersOfFindings() if city.flow(order_book.FLOW) else None)
    return (FindingTasks(),)


def jobs_of_findings(city: CityPack) -> tuple[Recurring, ...]:
    """The day's reports at their hour, and findings that follow their orders."""
    if not _has_findings(city):
        return ()
    return (
        Recurring(seconds=60, name="findings.daily", work=daily.make_due),
        Recurring(seconds=60, name="findings.orders", work=daily.follow_orders),
    )


_ONLY_PARTS = ("orders_received_kind", "orders_received_class", "orders_received_source")
_FRACTIONS = (
    "orders_due",
    "orders_responded",
    "orders_visited_resolved",
    "orders_satisfied",
    "orders_basically_satisfied",
)


# Where one sees, as far as one's post goes, what was counted.
_CASES = {
    "orders": "“诉求工单”清单（按本岗位管辖范围）",
    "findings": "“未诉先办”清单（按本岗位管辖范围）",
    "matters": "工作台的事项清单（按本岗位管辖范围）",
    "corrections": "“数据校核”清单（按本岗位管辖范围）",
    "verify": "“查询核验”批次；名单到期即删，只留数量",
    "notices": "“通知”的发文与回执清单（本单位）",
    "forms": "“一表通”的填报与汇总（按本岗位管辖范围）",
}


def measures_of_orders(city: CityPack) -> tuple[Own, ...]:
    """What this platform counts of the demands it handles, place by place, for any report."""
    if city.flow(order_book.FLOW) is None:
        return ()
    return tuple(
        Own(
            definition=one,
            system_id=tally.SYSTEM,
            source="本平台诉求办理",
            cases=_CASES["orders"],
            owner=_by(city, "orders").owner,
            basis=_by(city, "orders").basis,
            about=f"本平台受理和办理的诉求：{one.name}，按诉求所在地计",
            slices=None if one.id in _ONLY_PARTS or one.id == "orders_closed_way" else (),
            divides=one.id != "orders_received_class",
            fraction=one.id in _FRACTIONS,
        )
        for one in tally.DEFINITIONS
        if not one.id.endswith("_unit")
    )


def measures_of_forms(city: CityPack) -> tuple[Own, ...]:
    """What only forms collect: of a place whose answer is not locked yet there is no number."""
    return tuple(
        Own(
            definition=collected.definition(one),
            system_id=collected.SYSTEM,
            source=collected.NAME,
            cases=_CASES["forms"],
            owner=_by(city, "forms").owner,
            basis=_by(city, "forms").basis,
            about=f"{one.about}；只计已锁定的填报，尚未锁定的社区（村）不计入",
        )
        for one in city.forms.collected
    )


def measures_of_findings(city: CityPack) -> tuple[Own, ...]:
    """What is counted of 未诉先办, where the city has it."""
    if not _has_findings(city):
        return ()
    return tuple(
        Own(
            definition=one,
            system_id=measure_notes.system_of(one.id),
            source="本平台未诉先办",
            cases=_CASES["findings"],
            owner=_by(city, "findings").owner,
            basis=_by(city, "findings").basis,
            about=f"{one.name}：经核实成立的问题，按发现地计；未开展的区划没有数",
            slices=finding_rules.WAYS if one.id == finding_tally.WAY else (),
        )
        for one in finding_tally.DEFINITIONS
    )


def own_counts() -> tuple[OwnCount, ...]:
    """The affairs that are counted row by row."""
    return (
        case_tally.COUNT,
        correction_tally.COUNT,
        verify_tally.COUNT,
        notice_tally.COUNT,
        notice_tally.RECEIPTS,
        form_tally.COUNT,
        form_tally.REFUSALS,
    )


_SOURCES = {
    "matters": "本平台窗口事项",
    "corrections": "本平台数据校核",
    "verify": "本平台查询核验",
    "notices": "本平台通知",
    "forms": "本平台一表通",
}


def measures_of_counts(city: CityPack) -> tuple[Own, ...]:
    """What is counted of the other affairs; of 一表通 where the city has it."""
    return tuple(
        Own(
            definition=one.definition,
            system_id=measure_notes.system_of(one.definition.id),
            source=_SOURCES[count.affair],
            cases=_CASES[count.affair],
            owner=_by(city, count.affair).owner,
            basis=_by(city, count.affair).basis,
            about=one.about,
            slices=city.matters.fields if count.affair == "matters" else (),
            fraction=one.fraction,
        )
        for count in own_counts()
        if count.affair != "forms" or city.flow(form_book.FORM)
        for one in count.measures
    )


def _by(city: CityPack, affair: str) -> AffairText:
    """Who answers for the numbers of an affair; where the pack is silent, the city itself."""
    return city.reporting.affairs.get(affair, AffairText(owner=city.name, basis=""))


def own_measures(city: CityPack) -> tuple[Own, ...]:
    """What the platform counts itself."""
    return (
        *measures_of_orders(city),
        *measures_of_findings(city),
        *measures_of_counts(city),
        *measures_of_forms(city),
    )


_CLASSES = "orders_received_class"


def _second_classes() -> dict[str, str]:
    """The names of the second level of the city's classes: those that demands are counted under."""
    city = pack().region_code
    with scoped(Reach(prefixes=(city,), unit_id=None, actor=held.SERVICE.actor)) as connection:
        found = dispatch_reads.classes(connection, city)
    return {one.entry.code: one.entry.name for one in found if one.entry.code.count(".") == 1}


def held_by(registry: Registry) -> Held:
    """What the connected systems and the platform's own count hold, for 一表通."""
    measures = {
        one.id: HeldMeasure(
            id=one.id, name=one.name, system_id=f"platform:{of}", system_name=name, unit=one.unit,
            parts=_second_classes if one.id == _CLASSES else None,
            whole="orders_received" if one.id == _CLASSES else "",
        )
        for of, name, those in (
            ("orders", "本平台诉求办理", tally.DEFINITIONS),
            ("findings", "本平台未诉先办", finding_tally.DEFINITIONS),
            *((one.affair, _SOURCES[one.affair], one.definitions) for one in own_counts()),
        )
        for one in those
    }  # fmt: skip
    for text in pack().forms.collected:
        measures[text.id] = HeldMeasure(
            id=text.id, name=text.name, system_id=collected.SYSTEM, system_name=collected.NAME,
            unit=text.unit, answered=True,
        )  # fmt: skip
    fields: dict[str, HeldField] = {}
    for system in registry.systems.values():
        for measure in system.manifest.measures:
            measures.setdefault(
                measure.id,
                HeldMeasure(
                    id=measure.id, name=measure.name, system_id=system.id,
                    system_name=system.name, owner=system.site.owner, unit=measure.unit,
                ),
            )  # fmt: skip
        for name, rule in system.manifest.fields.items():
            key = f"{system.id}.{name}"
            fields[key] = HeldField(
                id=key, label=rule.label, system_name=system.name, owner=system.site.owner,
                mask=rule.mask if masks.hides(rule.sensitivity, rule.mask) else None,
            )  # fmt: skip
    names = {one.id: one.name for one in registry.systems.values()}
    same = form_rules.alike(pack().forms.synonyms)
    return Held(measures=measures, fields=fields, systems=names, same=same, masked=masks.masked)


def forms_know(registry: Registry, city: CityPack) -> None:
    """Let 一表通 ask what systems hold; flows that make no sense stop here."""
    held.comes_from(lambda: held_by(registry))
    if city.flow(form_book.FORM):
        form_book.form_flow()
        form_book.answer_flow()


def tasks_of_forms(city: CityPack) -> tuple[FormTasks, ...]:
    """Answers that wait, in the inbox; where the city has 一表通."""
    return (FormTasks(),) if city.flow(form_book.ANSWER) else ()


def _jobs_of_the_province(city: CityPack) -> tuple[Recurring, ...]:
    """Its forms are fetched and what was left for it is sent; where there is a province."""
    chosen = settings()
    there = open_province(city.province, secret=secrets().system, allow=chosen.endpoint_allow)
    if there is None:
        return ()
    if SUPERSEDE not in form_book.answer_flow().moves:
        raise BadFlowError(f'flows.toml：接入省级一表通须有“换版”操作（id = "{SUPERSEDE}"）')
    return (
        Recurring(
            seconds=city.province.fetch_seconds,
            name="province.pull",
            work=lambda: exchange.pull(there, Register()),
        ),
        Recurring(
            seconds=chosen.task_send_seconds,
            name="province.send",
            work=lambda: exchange.drain(there, Outbox()),
        ),
    )


def jobs_of_forms(city: CityPack) -> tuple[Recurring, ...]:
    """What was sent is filled, and sent again when a period begins; where the city has it."""
    if city.flow(form_book.FORM) is None:
        return ()
    return (
        *_jobs_of_the_province(city),
        Recurring(seconds=2, name="forms.fill", work=fill.turn),
        Recurring(seconds=900, name="forms.renew", work=form_desk.renew),
    )
