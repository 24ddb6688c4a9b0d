"""审计记录 and initial passwords: only of one's scope, and never more than one's own rights."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from auth import audit
from auth.permissions import Denied
from auth.provider import credentials
from portal.functions import trail
from portal.functions.people import passwords
from portal.functions.people.model import Refused
from tests import people
from tests.functions import staff
from tests.functions.staff import CITY, EAST, LOTUS, STREET, UNIT, WILLOW

pytestmark = pytest.mark.usefixtures("hailing")


def _write() -> None:
    for code, words in ((WILLOW, "柳岸的事"), (LOTUS, "=荷塘的事"), (None, "登录的事")):
        audit.append(action="records.open", actor="wang", region_code=code, detail={"说明": words})


def _auditor(code: str) -> staff.Principal:
    account, _ = staff.staff(f"audit.{code}", CITY, "audit_admin", prefixes=[code])
    return staff.acting(account)


def test_an_auditor_reads_the_own_scope(hailing: object) -> None:
    _write()
    whole = [one.detail for one in trail.entries(_auditor(CITY))]
    assert whole == ["登录的事", "=荷塘的事", "柳岸的事"]
    narrow = people.principal(roles=("audit_admin",), prefixes=(WILLOW,))
    assert [one.detail for one in trail.entries(narrow)] == ["柳岸的事"]
    nowhere = people.principal(roles=("audit_admin",), prefixes=())
    assert trail.entries(nowhere) == ()


def test_rows_are_found_by_actor_action_and_content(hailing: object) -> None:
    _write()
    auditor = _auditor(CITY)
    assert len(trail.entries(auditor, "wang 荷塘")) == 1
    assert trail.entries(auditor, "", action="records.unmask") == ()
    assert trail.entries(auditor, "%") == ()
    assert trail.entries(auditor)[0].action == "调取一人一档"


def test_the_file_has_no_formula_and_is_recorded(hailing: object) -> None:
    _write()
    auditor = _auditor(CITY)
    page = load_workbook(BytesIO(trail.file(auditor))).worksheets[0]
    cells = [cell for row in page.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert any(cell.value == "'=荷塘的事" for cell in cells)
    assert trail.entries(auditor)[0].action == "下载审计记录"


def test_only_the_auditor_reads(hailing: object) -> None:
    for role in ("system_admin", "security_admin"):
        with pytest.raises(Denied):
            trail.entries(staff.administrator(CITY, role))


# -- initial passwords ---------------------------------------------------------------------------


def test_an_initial_password_is_given_by_who_administers(hailing: object) -> None:
    staff.staff("wang", WILLOW, "community_clerk", name="王小梅")
    slip = passwords.issue(staff.administrator(WILLOW), ["wang"])[0]
    known = credentials.find("wang")
    assert known is not None and known.must_change
    assert slip.name == "王小梅" and slip.password not in str(
        [one.detail for one in trail.entries(_auditor(CITY))]
    )


@pytest.mark.parametrize("code", [LOTUS, WILLOW])
def test_nobody_gives_a_password_that_opens_more_than_their_own_scope(
    hailing: object, code: str
) -> None:
    account, _ = staff.staff("wang", WILLOW, "community_clerk")
    people.add_post(account, UNIT[STREET], roles=["reader"], prefixes=[STREET])
    with pytest.raises((Denied, Refused)):
        passwords.issue(staff.administrator(code), ["wang"])
    assert passwords.issue(staff.administrator(EAST), ["wang"])


def test_nobody_gives_one_to_themselves_or_to_an_administrator_beside(hailing: object) -> None:
    me = staff.administrator(CITY)
    guard = staff.administrator(CITY, "security_admin")
    for login in (me.login, guard.login):
        with pytest.raises(Denied):
            passwords.issue(me, [login])


def test_where_the_city_signs_people_in_no_password_is_given(
    hailing: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff.staff("wang", WILLOW, "community_clerk")
    monkeypatch.setattr(passwords, "own_provider", lambda: False)
    with pytest.raises(Refused, match="统一身份认证"):
        passwords.issue(staff.administrator(WILLOW), ["wang"])
