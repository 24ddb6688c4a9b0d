"""The book of findings: which flow, which effects, what is done after every move."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from portal.affairs.findings import effects, linked, papers, photos, tally
from portal.affairs.findings.rules import VOCABULARY
from portal.affairs.findings.tables import finding, finding_event
from portal.affairs.workflow.flow import BadFlowError, Flow, sound
from portal.affairs.workflow.ledger import Book, Effect, Step
from portal.store.citypack import pack
from portal.store.flow_texts import FlowText
from portal.store.scope import Reach

FLOW = "finding"
SERVICE = Reach(prefixes=(), unit_id=None, actor="service:findings")


def flow() -> Flow:
    """The flow of findings in this city."""
    text = pack().flow(FLOW)
    if text is None:
        raise BadFlowError('flows.toml：没有未诉先办流程（id = "finding"）')
    return _sound(text, pack().folder)


@lru_cache(maxsize=4)
def _sound(text: FlowText, folder: Path) -> Flow:
    return sound(text, VOCABULARY, folder)


EFFECTS: Mapping[str, Effect] = {
    "自办": effects.keep,
    "上报": effects.report,
    "自办办结": effects.own_done,
    "牵头": effects.lead,
    "报区县": effects.to_district,
    "退回街道": effects.back_to_street,
    "派出": effects.assign,
    "提请会议": effects.to_meeting,
    "议定": effects.decide,
    "提请市级": effects.to_city,
    "转工单": linked.hand_over,
    "反馈": effects.reply,
    "确认": effects.confirm,
    "退回重办": effects.again,
    "收照片": photos.keep,
}


def _end(step: Step) -> None:
    """A finding that reaches an end is closed."""
    state = step.flow.states[step.to or step.row.state]
    if state.group == "done" and step.row.closed_at is None:
        step.values["closed_at"] = step.now


BOOK = Book(
    name="问题",
    things=finding,
    events=finding_event,
    key="finding_id",
    service=SERVICE.actor,
    flow=flow,
    effects=EFFECTS,
    always=(_end, tally.follow, papers.follow),
)
