"""Colours and fonts, once: the style sheet, the charts and the map all read them from here."""

from dataclasses import dataclass

FONTS = (
    "'PingFang SC','Microsoft YaHei','HarmonyOS Sans SC','Noto Sans CJK SC',"
    "'Source Han Sans SC',sans-serif"
)

INK = "#1c2730"
MUTED = "#55626d"
LINE = "#d9e0e5"
GROUND = "#f3f5f6"
PAPER = "#ffffff"
PRIMARY = "#22577a"

# Light to dark, one hue: more people, darker. Ink stays readable on all of them.
STEPS = ("#eaf1f5", "#d2e1ea", "#b5cedd", "#95b8cd", "#77a2bc")
NO_DATA = "#eceff1"

# Each keeps white text above a contrast of 7; the level is always written beside its colour.
LEVELS: dict[str, str] = {
    "city": "#1f3f66",
    "district": "#1d5a57",
    "street": "#4b4a83",
    "community": "#7a4525",
}


@dataclass(frozen=True, kw_only=True)
class Tone:
    """How a state looks: ink and ground of its word, and a shape for those who see no colour."""

    name: str
    ink: str
    ground: str
    shape: str


GOOD = Tone(name="good", ink="#17517e", ground="#e2eef7", shape="●")
AGED = Tone(name="aged", ink="#7a4b00", ground="#fbf0d9", shape="◐")
LATE = Tone(name="late", ink="#8a3d0c", ground="#fbe9df", shape="◷")
FAILED = Tone(name="failed", ink="#9b1c23", ground="#fbe6e6", shape="▲")
SHUT = Tone(name="shut", ink="#5a3d78", ground="#efe9f5", shape="■")
QUIET = Tone(name="quiet", ink="#4d5963", ground="#e9edf0", shape="○")
WAITING = Tone(name="waiting", ink="#4d5963", ground="#e9edf0", shape="…")
TONES = (GOOD, AGED, LATE, FAILED, SHUT, QUIET, WAITING)

# Keyed by the word a clerk reads, which is also the value of the contract's State.
STATES: dict[str, Tone] = {
    "已返回": GOOD,
    "数据时间(旧)": AGED,
    "超时": LATE,
    "拒绝": SHUT,
    "无权限": SHUT,
    "故障": FAILED,
    "无此人记录": QUIET,
    "正在调取": WAITING,
    "未检测": QUIET,
    "待处理": WAITING,
    "已答复": GOOD,
    "已关闭": QUIET,
    "办理中": WAITING,
    "待发送": WAITING,
    "发送中": WAITING,
    "已送达": GOOD,
    "已办": GOOD,
    "被拒绝": SHUT,
    "滞留": FAILED,
    "已撤回": QUIET,
    "已提出": WAITING,
    "受理中": WAITING,
    "已更正": GOOD,
    "不予更正": SHUT,
    "超期": LATE,
    "有效": GOOD,
    "已撤销": QUIET,
    "待放行": WAITING,
    "核验中": WAITING,
    "已完成": GOOD,
    "未放行": SHUT,
    "已取消": QUIET,
    "已中止": FAILED,
    "已过期": QUIET,
    "已发送": GOOD,
    "已提交": WAITING,
    "未送达": FAILED,
    "已放弃": QUIET,
    "不再需要": QUIET,
    "待审核": WAITING,
    "已发布": GOOD,
    "已退回": SHUT,
    "已撤下": QUIET,
    "已登记": GOOD,
    "待回传": WAITING,
    "已回传": GOOD,
    "被退回": SHUT,
}


def tone(word: str) -> Tone:
    """The look of a state; a word nobody described is shown quietly, never left out."""
    return STATES.get(word, QUIET)


def css_variables() -> str:
    """The colours under the names the style sheet uses."""
    plain = {
        "ink": INK,
        "muted": MUTED,
        "line": LINE,
        "ground": GROUND,
        "paper": PAPER,
        "primary": PRIMARY,
    }
    lines = [f"--{name}:{colour};" for name, colour in plain.items()]
    lines += [f"--{level}:{colour};" for level, colour in LEVELS.items()]
    for tone in TONES:
        lines.append(f"--{tone.name}-ink:{tone.ink};--{tone.name}-ground:{tone.ground};")
    return ":root{" + "".join(lines) + f"--fonts:{FONTS};" + "}"
