"""审计记录 and initial passwords: only of one's scope, and never more than one's own rights."""

import ast
from io import BytesIO

import pytest
from openpyxl import load_workbook

from auth import audit
from auth.permissions import Denied
from auth.provider import credentials
from portal.functions import trail, trailwords
from portal.functions.people import passwords
from portal.functions.people.model import Refused
from portal.settings import ROOT
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
    assert whole == ["说明：登录的事", "说明：=荷塘的事", "说明：柳岸的事"]
    narrow = people.principal(roles=("audit_admin",), prefixes=(WILLOW,))
    assert [one.detail for one in trail.entries(narrow)] == ["说明：柳岸的事"]
    nowhere = people.principal(roles=("audit_admin",), prefixes=())
    assert trail.entries(nowhere) == ()


def test_rows_are_found_by_actor_action_and_content(hailing: object) -> None:
    _write()
    auditor = _auditor(CITY)
    assert len(trail.entries(auditor, "wang 荷塘")) == 1
    assert trail.entries(auditor, "", action="records.unmask") == ()
    assert trail.entries(auditor, "%") == ()
    assert trail.entries(auditor)[0].action == "调取档案"


def test_the_file_has_no_formula_and_is_recorded(hailing: object) -> None:
    _write()
    audit.append(action="signin", actor="=1+1", outcome="refused", detail={})
    auditor = _auditor(CITY)
    page = load_workbook(BytesIO(trail.file(auditor))).worksheets[0]
    cells = [cell for row in page.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert any(cell.value == "'=1+1" for cell in cells)
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


def _actions() -> set[str]:
    """Every action that the code writes into the audit under a fixed name."""
    found: set[str] = set()
    for folder in ("auth", "portal"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    texts = [*node.args, *(k.value for k in node.keywords if k.arg == "action")]
                    words = (one.value for one in texts if isinstance(one, ast.Constant))
                    if "audit" in ast.unparse(node.func) or "_record" in ast.unparse(node.func):
                        found |= {one for one in words if isinstance(one, str) and "." in one}
    return found


def test_every_action_has_a_chinese_word() -> None:
    found = _actions()
    assert {"session.open", "tokens.issue", "records.view", "tasks.resend"} <= found
    assert found - trailwords.ACTIONS.keys() == set()


@pytest.mark.parametrize(
    ("purpose", "marks", "words"),
    [
        ("case", {}, "目的：在办事项"),
        ("counter", {"by": "pinyin", "hits": 3, "text": "aefb"}, "按：拼音；命中：3"),
        (None, {"address": "10.0.0.1", "reason": "wrong_password"},
         "登录地址：10.0.0.1；理由：密码不正确"),
        (None, {"system": "a", "why": "ticket_used"}, "票据已经用过"),
        (None, {"items": ["tasks.act"], "starts": "2026-11-23T01:00:00+00:00"},
         "事项：办理各系统任务；开始：2026-11-23 09:00"),
    ],
)  # fmt: skip
def test_a_detail_is_said_in_chinese(
    hailing: object, purpose: str | None, marks: dict[str, object], words: str
) -> None:
    audit.append(
        action="records.open", actor="wang", region_code=WILLOW, purpose=purpose, detail=marks
    )
    (found,) = trail.entries(_auditor(CITY))
    assert words in found.detail
    assert "aefb" not in found.detail


def test_a_row_is_found_by_the_chinese_word_it_is_shown_with(hailing: object) -> None:
    audit.append(action="records.search", actor="wang", region_code=WILLOW, purpose="case",
                 detail={"by": "pinyin"})  # fmt: skip
    auditor = _auditor(CITY)
    assert len(trail.entries(auditor, "拼音")) == 1
    assert len(trail.entries(auditor, "在办")) == 1
    assert trail.entries(auditor, "手机号") == ()
