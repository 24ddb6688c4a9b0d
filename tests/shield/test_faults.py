"""A fault in a page is told in a sentence with a number, and nothing of it is shown."""

import re

import pytest
import streamlit as st

from portal.shield.faults import show_fault


def test_the_person_gets_a_number_to_quote_and_no_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(st, "error", shown.append)
    assert show_fault(ValueError("secret detail")) is True
    (words,) = shown
    assert re.search(r"编号 [0-9a-f]{8}", words)
    assert "已经保存的内容不受影响" in words
    assert "secret" not in words and "ValueError" not in words
