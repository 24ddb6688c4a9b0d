"""One value of one system as it says it just now: to be unmasked, or to be put in question."""

from dataclasses import replace

from portal.connectors.contract import Answer, Asker, Field, State, Subject
from portal.connectors.gateway import Gateway
from portal.functions.records.words import BadQueryError


def value_of(
    gateway: Gateway,
    asker: Asker,
    subject: Subject,
    system_id: str,
    record_no: int,
    field_name: str,
) -> Field:
    """The field that holds it; ``BadQueryError`` where the system does not give it now.

    What may be read is the asker's; whoever calls has asked whether this person may.
    """
    answer = _answer(gateway, asker, subject, system_id)
    if answer is None or record_no not in range(len(answer.records)):
        raise BadQueryError("该系统此刻没有返回这条记录，原值未能显示，请重新调取后再试。")
    for one in answer.records[record_no].fields:
        if one.name == field_name and one.value:
            return one
    raise BadQueryError("该记录中没有这一项，原值未能显示，请重新调取后再试。")


def _answer(gateway: Gateway, asker: Asker, subject: Subject, system_id: str) -> Answer | None:
    mine = {name: those for name, those in asker.readable.items() if name == system_id}
    for answer in gateway.stream(replace(asker, readable=mine), subject):
        if answer.state in (State.RETURNED, State.STALE):
            return answer
    return None
