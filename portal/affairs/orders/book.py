"""The book of orders: which flow, which effects, what is done after every move."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from portal.affairs.orders import effects, files, outcomes, papers, split, tally, units
from portal.affairs.orders.rules import CLOSED, VOCABULARY
from portal.affairs.orders.tables import order_event, work_order
from portal.affairs.workflow.flow import BadFlowError, Flow, sound
from portal.affairs.workflow.ledger import Book, Effect, Step
from portal.store.citypack import pack
from portal.store.flow_texts import FlowText

FLOW = "order"


def flow() -> Flow:
    """The flow of orders in this city."""
    text = pack().flow(FLOW)
    if text is None:
        raise BadFlowError('flows.toml：没有工单流程（id = "order"）')
    return _sound(text, pack().folder)


@lru_cache(maxsize=4)
def _sound(text: FlowText, folder: Path) -> Flow:
    return sound(text, VOCABULARY, folder)


def _nothing(step: Step) -> None:
    """The history says it; nothing else follows."""


EFFECTS: Mapping[str, Effect] = {
    "派出": effects.dispatch,
    "兜底派出": effects.fall_back,
    "撤回": effects.recall,
    "会商": effects.confer,
    "记原状态": effects.remember_state,
    "回原状态": effects.back_to_state,
    "申请退单": effects.ask_return,
    "退回派单": effects.take_back,
    "转下级": effects.pass_down,
    "提上级": effects.pass_up,
    "增加协办": effects.help_too,
    "协办反馈": effects.helper_answers,
    "重算时限": effects.reclass,
    "签收": outcomes.sign,
    "首次联系": outcomes.contact,
    "申请延期": outcomes.ask_extension,
    "批准延期": outcomes.grant_extension,
    "挂账": outcomes.put_on_account,
    "销账": outcomes.off_account,
    "恢复办理": outcomes.off_account,
    "答复": outcomes.reply,
    "审核通过": outcomes.approve,
    "回访": outcomes.to_be_visited,
    "记回访": outcomes.note_visit,
    "督办": outcomes.supervise,
    "通知上级": outcomes.tell_above,
    "保密": outcomes.confide,
    "并单": outcomes.merge,
    "拆单": split.split,
    "收附件": files.keep,
    "来源撤销": outcomes.taken_back,
}


def _end(step: Step) -> None:
    """An order that reaches an end is closed; those merged into it hear the same answer."""
    row = step.row
    if step.flow.states[step.to or row.state].group != "done" or row.closed_at is not None:
        return
    step.values["closed_at"] = step.now
    if row.parent_id is None:
        region = row.region_code
        step.counts.append(tally.note("orders_closed", region, "", step.now, 1))
        step.counts.append(tally.note("orders_closed_way", region, step.to or "", step.now, 1))
    holder = units.find(step.connection, row.unit_id)
    if holder and row.dispatched_at is not None and step.to == CLOSED:
        step.counts.append(tally.of_unit("orders_closed", holder, step.now, 1))
    step.after.append(lambda: outcomes.answer_all(step))


def _count(step: Step) -> None:
    """What the measures have to learn of this step, stocks as what has become of them."""
    before = step.row._asdict()
    after = {**before, **step.values}
    both = units.known(step.connection, [before["unit_id"], after["unit_id"]])
    step.counts += tally.stocks(before, both.get(before["unit_id"]), step.now, -1)
    step.counts += tally.stocks(after, both.get(after["unit_id"]), step.now)
    tally.keep(step.connection, step.counts, step.now, step.row.id)


BOOK = Book(
    name="工单",
    things=work_order,
    events=order_event,
    key="order_id",
    service=tally.SERVICE.actor,
    flow=flow,
    effects=EFFECTS,
    always=(_end, _count, papers.follow),
)
