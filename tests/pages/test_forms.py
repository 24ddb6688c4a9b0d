"""一表通 on the page: filled cells, autosave, a second clerk, files, moves, table and burden."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from auth.principal import Principal
from portal.affairs.forms import desk, fill, held, papers, queries
from portal.affairs.forms.desk import Change
from portal.affairs.forms.province.desk import Register
from portal.affairs.forms.province.outbox import Outbox
from portal.affairs.forms.province.queries import view
from portal.affairs.forms.words import FormError, Held, HeldField
from portal.connectors.contract import Mask
from portal.functions.province import drain, pull
from portal.functions.records import mask
from portal.functions.tasks import rules as sending
from portal.store import citypack, clock
from portal.store.form_texts import FieldText, FormText
from portal.store.scope import scoped
from portal.store.task_tables import task
from sandbox.misbehaviour import Mode
from tests import people
from tests.connectors import support
from tests.forms import world
from tests.forms.world import city, clerk, department, district, street
from tests.pages.conftest import Office, shown
from tests.province import world as exchange

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def sit(office: Office) -> Iterator[Callable[[Principal], Principal]]:
    """Somebody sits down, with an account of his own as drafts need one."""
    world.use()

    def change(who: Principal) -> Principal:
        account = people.add_account(f"{who.login}-{who.unit.id}", who.name)
        post = people.add_post(account, who.unit.id, roles=who.roles, prefixes=who.prefixes)
        office.who = replace(who, account_id=account, post_id=post)
        return office.who

    yield change
    held.comes_from(Held)


def test_a_clerk_completes_a_filled_form_and_loses_nothing(office: Office, sit: Any) -> None:
    form_id = world.sent()
    answer = world.answer(form_id)
    sit(clerk())
    listed = office.open("forms")
    assert "人口情况表" in shown(listed) and "62%" in shown(listed)
    listed.button(key=f"form-open-{answer.id}").click().run()
    assert office.went[-1] == ("forms", {"id": str(answer.id)})

    tab = office.open("forms", id=str(answer.id))
    cell = tab.text_input(key="form-cell-all-0-False")
    assert cell.value == "140" and "自动 · 网格系统·实有人口" in cell.label.replace("\\", "")
    tab.text_input(key="form-cell-teams-0-False").set_value("六个").run()
    assert "“居民小组数”“六个”不是数字，没有保存这一格" in shown(tab)
    tab.text_input(key="form-cell-teams-0-False").set_value("6").run()
    assert queries.opened(clerk(), answer.id).cells["0.teams"].value == "6"
    desk.save(clerk("乙"), answer.id, [Change(row=0, field="teams", value="7", base=1)])
    tab.text_input(key="form-cell-teams-1-False").set_value("8").run()
    assert "填为“7”，您填的“8”已留在旁边" in shown(tab)
    tab.text_input(key="form-cell-teams-2-True").set_value("8").run()

    pasted = "栏目\t填报值\n户数总计\t57\n常住人口\t很多"
    tab.text_area(key="form_paste_0").set_value(pasted).run()
    assert "将改 1 格，有问题 1 格；确认前不保存" in shown(tab) and "B3“常住人口”" in shown(tab)
    assert queries.opened(clerk(), answer.id).cells["0.houses"].value == "56"
    tab.button(key="form_confirm").click().run()
    assert queries.opened(clerk(), answer.id).cells["0.houses"].value == "57"
    tab.button(key="form_export").click().run()
    assert tab.get("download_button")
    tab.button(key="form-move-hand_in").click().run()
    assert "“户数总计”已提出数据校核" in shown(tab)
    assert "填报现为“待审核”，等待审核单位办理" in shown(tab)
    assert queries.opened(clerk(), answer.id).row.state == "待审核"

    sit(street())
    tab = office.open("forms", id=str(answer.id))
    tab.button(key="form-move-return").click().run()
    assert "请填写“原因”" in shown(tab)
    tab.button(key="form-move-pass").click().run()
    sit(district())
    tab = office.open("forms")
    tab.get("button_group")[0].set_value("table").run()
    assert "应报 2，已报 1，报送率 50.0%" in shown(tab)
    tab.button(key="form-down-990102001").click().run()
    assert "荷塘社区" in shown(tab) and tab.button(key="form-up-990102")
    tab.button(key="form_lock_all").click().run()
    assert "已锁定 1 份" in shown(tab)
    tab.button(key=f"form-unit-{answer.id}").click().run()
    assert office.went[-1] == ("forms", {"id": str(answer.id)})
    tab = office.open("forms")
    tab.get("button_group")[0].set_value("all").run()
    tab.text_input(key="forms_number").set_value("YB99999999").run()
    tab.button(key="forms_number_open").click().run()
    assert "没有找到 YB99999999 号填报" in shown(tab)
    tab.text_input(key="forms_number").set_value(answer.paper_no[-3:]).run()
    tab.button(key="forms_number_open").click().run()
    assert office.went[-1] == ("forms", {"id": str(answer.id)})
    tab.get("button_group")[0].set_value("burden").run()
    assert "海陵市民政局" in shown(tab) and "节省工时" in shown(tab)
    sit(city())
    tab = office.open("forms")
    tab.get("button_group")[0].set_value("burden").run()
    by = next(one for one in tab.get("button_group") if "按社区（村）" in str(one.options))
    by.set_value("按社区（村）").run()
    assert tab.selectbox(key="burden_district").value == "990102"
    assert "荷塘社区" in shown(tab)
    tab.selectbox(key="burden_district").set_value("990103").run()
    assert "荷塘社区" not in shown(tab) and "石桥社区" in shown(tab)


def test_a_department_sees_its_form_and_a_stranger_does_not(office: Office, sit: Any) -> None:
    form_id = world.sent()
    sit(department())
    tab = office.open("forms")
    assert "人口情况表" in shown(tab)
    tab = office.open("forms", form=str(form_id))
    assert "海备〔2026〕3号" in shown(tab) and "统计指标" in shown(tab)
    tab.text_area(key=f"draft-forms-form-{form_id}-reason").set_value("不再需要").run()
    tab.button(key="form-move-stop").click().run()
    assert "已停用" in shown(tab)
    sit(department("dept-990102-urban"))
    assert "没有找到这张报表" in shown(office.open("forms", form=str(form_id)))


def test_a_clerk_asks_for_a_list_by_one_click(office: Office, sit: Any) -> None:
    """One system answers, the other does not: its cells stay empty and say why."""
    person = people.add_person(support.ID_NUMBER, "才让卓玛", "crzm", [("居住", world.PLACE)])
    fields = {
        f"{one}.grade": HeldField(id=f"{one}.grade", label="等级", system_name=f"系统{one}")
        for one in ("a", "b")
    }
    held.comes_from(lambda: Held(fields=fields))
    number = world.field("no", "身份证号", kind="text", source="person", bind="id_number")
    asked = [
        world.field(one, f"等级{one}", kind="text", source="field", bind=f"{one}.grade")
        for one in ("a", "b")
    ]
    made = world.written(number, *asked, layout="名册", rows="aged", from_age=60)
    answer = world.answer(world.sent(made))
    who = sit(clerk())
    tab = office.open("forms", id=str(answer.id))
    assert "1 人有可由业务系统提供的空格" in shown(tab)
    tab.button(key="form_roster_ask").click().run()
    assert office.transports["a"].calls and not tab.exception
    tab.run()
    assert "上次未取到：系统b（模拟）：超时 1 格" in shown(tab)
    cells = queries.opened(who, answer.id).cells
    assert (cells["1.a"].value, cells["1.a"].subject) == ("甲", str(person))
    assert (cells["1.b"].value, cells["1.b"].source) == ("", "系统b（模拟）：超时")
    grid = tab.dataframe[0].value
    assert support.ID_NUMBER not in str(grid.values) and "甲" in str(grid.values)

    office.transports["b"].behave = support.always(support.GOOD)
    before = len(office.transports["a"].calls)
    tab.button(key="form_roster_ask").click().run()
    tab.run()
    assert queries.opened(who, answer.id).cells["1.b"].value == "甲"
    assert len(office.transports["a"].calls) == before
    assert not [one for one in tab.button if one.key == "form_roster_ask"]


def test_a_form_that_waits_is_opened_from_the_inbox(office: Office, sit: Any) -> None:
    answer = world.answer(world.sent())
    who = sit(clerk())
    with scoped(who.reach) as connection:
        waiting = connection.execute(select(task).where(task.c.kind == papers.FILL)).one()
    tab = office.open("tasks", task=str(waiting.id))
    assert answer.paper_no in shown(tab) and "人口情况表" in shown(tab)
    tab.button(key="task_page").click().run()
    assert office.went[-1] == ("forms", {"id": str(answer.id)})


def test_the_city_and_a_district_see_the_exchange(office: Office, sit: Any) -> None:
    """Down to what is stuck and what may not come; nobody below is shown any of it."""
    with exchange.joined() as line:
        register, outbox = Register(), Outbox()
        there = sit(district())
        tab = office.open("forms")
        tab.get("button_group")[0].set_value("province").run()
        assert "还没有省级报表" in shown(tab) and "上次取表：未提供" in shown(tab)
        pull(line.client, register)
        while fill.turn():
            pass
        drain(line.client, outbox)
        waiting = queries.answers(clerk())
        row = next(one for one in waiting if one.number == "模拟青统〔2026〕1号")
        desk.save(clerk(), row.id, [Change(row=0, field="pqh077", value="6", base=0)])
        for who, move in ((clerk(), "hand_in"), (street(), "pass"), (district(), "lock")):
            desk.move(who, row.id, move)
        (entry,) = outbox.claim(lease=sending.LEASE, most=9)
        outbox.failed(entry, state="滞留", at=clock.now(), error="对方系统正忙")
        sit(clerk())
        assert "省级一表通" in shown(office.open("forms"))  # the source of what waits
        assert not [one for one in office.open("forms").button if "province" in (one.key or "")]
        assert "省级" not in [one for one in office.open("forms").get("button_group")[0].options]

        office.who = there
        tab = office.open("forms")
        tab.get("button_group")[0].set_value("province").run()
        told = shown(tab)
        assert "模拟数据" in told and "上次取表：今天 09:00" in told and "由市级回传" in told
        assert "滞留" in told and "原因：对方系统正忙" in told and "柳岸社区" in told
        assert "缺少批准（备案）文号" not in told  # that is the city's to decide
        tab.button(key=f"province-open-{entry.id}").click().run()
        assert office.went[-1] == ("forms", {"id": str(row.id)})
        tab = office.open("forms")
        tab.get("button_group")[0].set_value("province").run()
        tab.button(key=f"province-resend-{entry.id}").click().run()
        assert "已重新排队发送" in shown(tab) and "原因：对方系统正忙" not in shown(tab)
        drain(line.client, outbox)
        assert len(line.over_there.taken) == 1

        sit(city())
        line.over_there.switch.turn(Mode.DOWN)
        pull(line.client, register)
        tab = office.open("forms")
        tab.get("button_group")[0].set_value("province").run()
        assert "没有取到省级报表" in shown(tab) and "缺少批准（备案）文号" in shown(tab)
        bare = next(one for one in view(city()).lines if one.number == "模拟青卫〔2026〕4号")
        tab.button(key=f"province-refuse-{bare.id}").click().run()
        assert "请填写退回原因" in shown(tab)
        tab.text_area(key=f"draft-province-refuse-{bare.id}-reason").set_value("没有文号").run()
        tab.button(key=f"province-refuse-{bare.id}").click().run()
        assert "已退回省级" in shown(tab)
        assert not [one for one in tab.button if one.key == f"province-refuse-{bare.id}"]


def test_a_city_that_does_not_issue_has_the_provinces_forms_only(
    office: Office, sit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_id = desk.draft(department(), world.written())
    desk.act(department(), form_id, "submit", {"words": "确需制发"})
    desk.act(city(), form_id, "approve")
    only = citypack.pack().model_copy(
        update={"forms": citypack.pack().forms.model_copy(update={"issue_locally": False})}
    )
    for where in ("portal.pages.forms", "portal.affairs.forms.effects"):
        monkeypatch.setattr(f"{where}.pack", lambda: only)
    with pytest.raises(FormError, match="未启用本地制发"):
        desk.act(department(), form_id, "send")
    with exchange.joined() as line:
        pull(line.client, Register())
    assert {one.source for one in queries.forms(clerk())} == {"省级一表通"}
    sit(department())
    assert "起草" not in office.open("forms").get("button_group")[0].options


def test_a_clerk_goes_through_a_list_person_by_person(office: Office, sit: Any) -> None:
    """Source and state stand with each cell; what two lists said differently is settled there."""
    for number, name in (("630102193505051234", "才让卓玛"), ("630102193001010029", "马占海")):
        people.add_person(number, name, name, [("居住", world.PLACE)])
    held.comes_from(lambda: Held(masked=mask.masked))
    sheets = [_ringing(f"名册{one}") for one in "一二三"]
    for sheet, phone in zip(sheets, ("13900000001", "13900000009"), strict=False):
        _go_up(sheet, phone)
    answer = world.answer(sheets[2]).id
    who = sit(clerk())
    tab = office.open("forms", id=str(answer))
    assert tab.selectbox[0].options == ["第 1 行 才让卓玛", "第 2 行 马占海"]
    grid = tab.dataframe[0].value
    assert list(grid["核对"]) == ["待核定 · 选填缺 2", "选填缺 2"]
    said = shown(tab)
    assert "“监护人电话”在名册之间说法不一致" in said
    assert "柳岸社区《名册一》2026-11-30 填“139****0001”（现沿用）" in said
    assert "柳岸社区《名册二》2026-11-30 填“139****0009”" in said and "13900000001" not in said
    offered = [one.label for one in tab.button if "form-rival" in str(one.key)]
    assert [one.replace("\\", "") for one in offered] == [
        "采用“139****0001”",
        "采用“139****0009”",
    ]
    tab.button(key="form-rival-1-ring-2").click().run()
    taken = queries.opened(who, answer).cells["1.ring"]
    assert (taken.value, taken.base, taken.by) == ("13900000009", 2, f"{who.unit.name} 甲")
    assert "说法不一致" not in shown(tab)
    tab.text_input(key="form-cell-1-ring-1-False").set_value("138****0001").run()
    assert "“监护人电话”显示为掩码" in shown(tab)
    tab.text_input(key="form-cell-1-ring-1-False").set_value("13800000001").run()
    cell = tab.text_input(key="form-cell-1-ring-2-False")
    assert cell.value == "138****0001" and "人工填写" in cell.label
    tab.button(key="form_after").click().run()
    assert tab.selectbox[0].value == 2
    tab.text_input(key="form-cell-2-note-0-False").set_value("已探访").run()
    assert tab.selectbox[0].value == 2  # and the same person is still there
    cells = queries.opened(who, answer).cells
    assert (cells["1.ring"].value, cells["2.note"].value) == ("13800000001", "已探访")
    tab.get("button_group")[0].set_value("人工修改").run()
    assert "没有“人工修改”的人" in shown(tab)


def _made(title: str, *more: FieldText) -> FormText:
    name = world.field("name", "姓名", kind="text", source="person", bind="name")
    ring = world.field(
        "ring", "监护人电话", kind="text", fact="guardian_phone", mask="phone", required=False
    )
    note = world.field("note", "备注", kind="text", required=False)
    return world.written(name, ring, note, *more, layout="名册", rows="aged", from_age=80,
                         title=title)  # fmt: skip


def _ringing(title: str) -> Any:
    return world.sent(_made(title))


def _go_up(form_id: Any, phone: str) -> None:
    answer = world.answer(form_id).id
    desk.save(clerk(), answer, [Change(row=1, field="ring", value=phone, base=0)])
    for who, step in ((clerk(), "hand_in"), (street(), "pass"), (district(), "lock")):
        desk.move(who, answer, step)


def test_a_department_binds_columns_of_a_list_instead_of_asking_again(
    office: Office, sit: Any
) -> None:
    phone = HeldField(id="grid.phone", label="联系电话", system_name="网格系统", mask=Mask.PHONE)
    held.comes_from(lambda: Held(fields={phone.id: phone}, masked=mask.masked))
    world.sent(_made("第一册"))
    asked = world.field("tel", "联系电话", kind="text")
    form_id = desk.draft(department(), _made("第二册", asked))
    who = sit(department())
    tab = office.open("forms", form=str(form_id))
    assert (
        "“联系电话”：“网格系统”的信息项“联系电话”（来源填“业务系统”，取数填“网格系统·联系电话”）已有"
        in shown(tab)
    )
    box = tab.text_area(key=f"form_fields.{form_id}")
    assert "ring\t监护人电话\t文字\t基层填写\t\t\tguardian_phone\t电话" in box.value
    for chosen in ("field:grid.phone", "fact:guardian_phone"):
        tab.selectbox(key="form_bind").set_value(chosen).run()
        tab.button(key="form_bind_add").click().run()
    lines = tab.text_area(key=f"form_fields.{form_id}").value.splitlines()
    assert lines[-2:] == [
        "\t联系电话\t文字\t业务系统\t网格系统·联系电话\t\t\t",
        "\t监护人电话\t文字\t已采集的事实\tguardian_phone\t\tguardian_phone\t电话",
    ]
    kept = [one for one in lines if "基层填写" not in one or "备注" in one]
    tab.text_area(key=f"form_fields.{form_id}").set_value(
        "\n".join([*kept, "\t甲\t文字\t基层填写\t\t\t\t全部"])
    ).run()
    tab.button(key="form_write").click().run()
    assert "第 5 栏“甲”的掩码须为“电话”或不填，没有保存" in shown(tab)
    tab.text_area(key=f"form_fields.{form_id}").set_value("\n".join(kept)).run()
    tab.button(key="form_write").click().run()
    (made,) = (one.made for one in queries.forms(who) if one.id == form_id)
    assert (made.matter, made.cycle, made.days, made.targets) == ("population", "月", 5, ())
    bound = [(one.source, one.bind, one.fact, one.mask, one.required) for one in made.fields[-2:]]
    assert bound == [
        ("field", "grid.phone", "", "", False),
        ("fact", "guardian_phone", "guardian_phone", "phone", False),
    ]
    assert "由系统提供，不得再要求" not in shown(office.open("forms", form=str(form_id)))
    desk.act(who, form_id, "submit", {"words": "核对用"})
    assert "<td>电话</td>" in shown(office.open("forms", form=str(form_id)))
