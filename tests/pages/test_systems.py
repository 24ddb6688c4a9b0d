"""业务系统 for its operator: the board, one system, switching with a reason, alarms."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from portal import wiring
from portal.connectors.contract import TimedOut
from portal.connectors.manifests import Refusal
from portal.functions.systems import alarms
from portal.store import beats, clock
from portal.store.beats import Turn
from portal.store.clock import FrozenClock
from tests.connectors import support
from tests.connectors.support import always
from tests.functions.operating import operator
from tests.pages.conftest import Office, shown

Become = Callable[..., None]


@pytest.fixture
def desk(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The operator's desk over the same four systems."""
    office.who = operator()
    from portal.store import citypack

    city = citypack.pack().model_copy(
        update={"systems": tuple(map(support.site, office.transports))}
    )
    for place in ("board", "alarms", "switching"):
        monkeypatch.setattr(f"portal.functions.systems.{place}.pack", lambda: city)
    return office


def button(tab: AppTest, key: str) -> AppTest:
    return next(one for one in tab.button if one.key == key).click().run()


def test_a_clerk_sees_the_systems_and_nothing_to_run_them(office: Office) -> None:
    text = shown(office.open("systems"))
    assert "业务系统运行情况" not in text
    tab = office.open("systems", system="a")
    assert "接入状态" not in shown(tab)
    assert not [one for one in tab.button if str(one.key).startswith("way-")]


def test_the_board_has_a_line_for_each_system_with_its_figures(desk: Office) -> None:
    gateway = wiring.app().gateway
    for _ in range(3):
        gateway.probe_all(list(desk.transports))
    gateway.settle()
    tab = desk.open("systems")
    text = shown(tab)
    assert "共 4 个" in text
    for one in desk.transports:
        assert f"/systems?system={one}" in text
    assert "someone" not in text and "platform" not in text, "never by person"


def test_one_system_says_everything_about_itself(desk: Office) -> None:
    wiring.app().gateway.probe("b")
    wiring.app().gateway.settle()
    text = shown(desk.open("systems", system="b"))
    for words in (
        "近 7 天",
        "超时 1",
        "按城市包的登记",
        "转正式前核对",
        "接入质量",
        "自动",
        "填报",
    ):
        assert words in text


def test_an_unknown_system_is_told_so(desk: Office) -> None:
    assert "没有这个业务系统" in shown(desk.open("systems", system="nobody"))


def test_what_was_refused_at_start_is_shown_with_file_line_and_reason(desk: Office) -> None:
    registry = wiring.app().gateway.registry
    registry.refused = (
        Refusal(system_id="a", file="a.toml", line=12, key="limits.speed", reason="不认识的键"),
    )
    del registry.systems["a"]  # type: ignore[attr-defined]
    text = shown(desk.open("systems"))
    assert "清单未采用" in text
    for words in ("a.toml", "12", "limits.speed", "不认识的键"):
        assert words in text
    assert "接入清单未被采用" in shown(desk.open("systems", system="a"))


def test_it_is_said_since_when_nobody_runs_the_jobs_and_what_stands_still(
    desk: Office, frozen: FrozenClock
) -> None:
    assert "还没有启动过后台任务" in shown(desk.open("systems"))
    well = Turn(seconds=60, began=clock.now(), ended=clock.now())
    turns = {"tasks.sync.a": well, "tasks.sync.b": replace(well, failed=True), "rates.close": well}
    beats.write("one", "9901", clock.now(), turns)
    tab = desk.open("systems")
    text = shown(tab)
    assert "后台任务没有运行" not in text
    for words in ("运行中的进程 1 个", "同步各系统任务（2 个系统）", "出错", "月度考评结账"):
        assert words in text
    frozen.advance(timedelta(seconds=61))
    text = shown(tab.run())
    for words in (
        "后台任务没有运行",
        "自今天 09:00 起没有响应",
        "其间暂停：同步各系统任务、月度考评结账。",
        "已提交的内容都已保存",
        "python -m portal jobs",
    ):
        assert words in text
    beats.write("one", "9901", clock.now(), turns, ended=True)
    assert "起已停止" in shown(tab.run())


def test_an_alarm_waits_on_the_home_and_the_page_until_somebody_has_seen_it(
    desk: Office, frozen: FrozenClock
) -> None:
    gateway = wiring.app().gateway
    desk.transports["a"].behave = always(TimedOut())
    for _ in range(40):
        frozen.advance(timedelta(minutes=1))
        alarms.watch(gateway)
    assert "系统告警" in shown(desk.enter())
    tab = desk.open("systems")
    assert "未确认的告警" in shown(tab)
    keys = [one.key for one in tab.button if str(one.key).startswith("seen-")]
    for key in keys:
        tab = button(tab, str(key))
    assert "未确认的告警" not in shown(tab)
    assert "系统告警" not in shown(desk.enter())
    assert "王小梅 已确认" in shown(desk.open("systems", system="a"))


def test_a_forged_acknowledgement_by_a_clerk_does_nothing(
    desk: Office, become: Become, frozen: FrozenClock
) -> None:
    desk.transports["a"].behave = always(TimedOut())
    for _ in range(40):
        frozen.advance(timedelta(minutes=1))
        alarms.watch(wiring.app().gateway)
    tab = desk.open("systems")
    key = next(str(one.key) for one in tab.button if str(one.key).startswith("seen-"))
    become()
    button(tab, key)
    desk.who = operator()
    assert "未确认的告警" in shown(desk.open("systems"))
