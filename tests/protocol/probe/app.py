"""The probe's script: none of its callbacks and fragments guards itself, so only the shield can."""

import os
from pathlib import Path
from uuid import uuid4

import streamlit as st

from auth import oidc
from portal.shield import entry

EFFECTS = Path(os.environ["PROBE_EFFECTS"])


def note_it() -> None:
    """A callback that leaves a trace outside the process."""
    with EFFECTS.open("a", encoding="utf-8") as file:
        file.write("回调已执行\n")


@st.cache_data
def remembered() -> str:
    """Different whenever the cache was emptied."""
    return f"缓存编号{uuid4().hex}"


@st.fragment
def corner() -> None:
    """A fragment with a secret of its own."""
    st.write("片段机密")
    st.button("再看", key="again")


def made_on_click() -> bytes:
    """A download that is made when somebody asks for it."""
    note_it()
    return "按需生成的机密".encode()


def desk() -> None:
    """The page."""
    st.write("页面机密")
    st.write(remembered())
    st.button("登记", key="note", on_click=note_it)
    corner()
    st.download_button("下载", "文件机密".encode(), file_name="名单.txt", key="ready")
    st.download_button("生成", made_on_click, file_name="名单.txt", key="deferred")
    st.file_uploader("上传", key="upload")


who = oidc.principal_from_run()
show = entry.sign_in if who is None else desk
st.navigation([st.Page(show, title="首页", default=True)], position="hidden").run()
