"""The books of 一表通: the flow of forms and the flow of answers, with their effects."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from portal.affairs.forms import effects, papers, rules, tally
from portal.affairs.forms.held import SERVICE
from portal.affairs.forms.province import returning
from portal.affairs.forms.tables import form, form_answer, form_answer_event, form_event
from portal.affairs.workflow.flow import BadFlowError, Flow, Vocabulary, sound
from portal.affairs.workflow.ledger import Book, Effect
from portal.store.citypack import pack
from portal.store.flow_texts import FlowText

FORM, ANSWER = "form", "form_answer"


def _flow(name: str, vocabulary: Vocabulary) -> Flow:
    text = pack().flow(name)
    if text is None:
        raise BadFlowError(f'flows.toml：没有一表通流程（id = "{name}"）')
    return _sound(text, vocabulary, pack().folder)


@lru_cache(maxsize=8)
def _sound(text: FlowText, vocabulary: Vocabulary, folder: Path) -> Flow:
    return sound(text, vocabulary, folder)


def form_flow() -> Flow:
    """The flow of forms in this city."""
    return _flow(FORM, rules.FORM_VOCABULARY)


def answer_flow() -> Flow:
    """The flow of answers in this city."""
    return _flow(ANSWER, rules.ANSWER_VOCABULARY)


FORM_EFFECTS: Mapping[str, Effect] = {
    "核对": effects.submit,
    "审批": effects.approve,
    "下发": effects.send,
}
ANSWER_EFFECTS: Mapping[str, Effect] = {
    "上报": effects.hand_in,
    "退回": effects.give_back,
    "锁定": effects.lock,
    "重开": effects.give_back,
    "拒收": effects.refuse,
    "换版": effects.change_edition,
}
FORMS = Book(
    name="报表",
    things=form,
    events=form_event,
    key="form_id",
    service=SERVICE.actor,
    flow=form_flow,
    effects=FORM_EFFECTS,
)
ANSWERS = Book(
    name="填报",
    things=form_answer,
    events=form_answer_event,
    key="answer_id",
    service=SERVICE.actor,
    flow=answer_flow,
    effects=ANSWER_EFFECTS,
    always=(papers.follow, returning.follow, tally.follow),
)
