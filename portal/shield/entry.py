"""The entry page: straight to the identity provider, or first a word why nobody is signed in."""

from collections.abc import Callable

import streamlit as st

from portal.look import css
from portal.look.markup import tag, text
from portal.shield.cookies import ENDED, FAILED, OUT, SIGNED_OUT
from portal.shield.doorkeeper import SIGN_IN_COOKIES
from portal.shield.messages import SIGN_IN_KEY
from portal.store.citypack import pack

_NOTES = {
    OUT: ("您已安全退出", "本次登录已在服务器上结束，其他已打开的窗口也随之关闭。"),
    ENDED: (
        "登录已失效",
        "长时间没有操作、已在别处退出，或账号尚未开通。已保存的内容不受影响，请重新登录；"
        "反复出现时，请联系本单位管理员。",
    ),
    FAILED: (
        "没有登录成功",
        "统一身份认证没有返回有效的登录结果，可能是操作已取消或页面停留过久。"
        "您的账号不受影响，请重新登录。",
    ),
}
_NO_POST = (
    "没有可用的岗位",
    "您的账号已通过身份认证，但今天没有在任的岗位，因此不能打开任何页面。"
    "请联系本单位管理员核对任职信息。",
)


def sign_in() -> None:
    """What somebody sees who is not signed in."""
    if SIGN_IN_COOKIES in st.context.cookies:
        return  # this tab came with a sign-in and has just given it up: let it go its way
    note = _NOTES.get(st.context.cookies.get(SIGNED_OUT, ""))
    if note is None:
        st.login()
    else:
        _draw(*note, "登录", SIGN_IN_KEY, st.login)


def no_post() -> None:
    """What somebody sees who is signed in but holds no post today."""
    _draw(*_NO_POST, "退出登录", "sign_out", st.logout)


def _draw(title: str, words: str, label: str, key: str, act: Callable[[], None]) -> None:
    platform = pack().platform_name
    st.set_page_config(page_title=f"{title} · {platform}")
    css.inject("city")
    with st.container(key="band"):
        st.html(tag("div", text(platform), class_="band-name"))
    with (
        st.container(horizontal_alignment="center"),
        st.container(key="card-entry", width=520),
    ):
        st.subheader(title, anchor=False)
        st.write(words)
        st.button(label, key=key, type="primary", on_click=act)
