"""A fault in a page: logged whole, shown as a sentence with a number, never as a traceback."""

import secrets

import streamlit as st
import structlog

_log = structlog.get_logger(__name__)


def show_fault(error: Exception) -> bool:
    """Tell the person what happened and what was kept; ``True`` keeps Streamlit's box away."""
    # The run's own number, which feedback about the page carries as well.
    number = structlog.contextvars.get_contextvars().get("run") or secrets.token_hex(4)
    _log.error("page_failed", number=number, exc_info=error)
    st.error(
        f"页面处理时出现故障（编号 {number}），已记录。已经保存的内容不受影响，"
        "请刷新页面重试；仍有问题时，请把编号告知本单位管理员。"
    )
    return True
