"""What is taken for granted about the installed frontend and its server still holds."""

import re
from pathlib import Path

import pytest
from streamlit.file_util import get_static_dir
from streamlit.runtime.media_file_manager import DeferredCallableEntry, MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.web.server.starlette.starlette_server_config import (
    TOKENS_COOKIE_NAME,
    USER_COOKIE_NAME,
)

from portal.settings import ROOT
from portal.shield.doorkeeper import SIGN_IN_COOKIES

SCRIPT = (ROOT / "static" / "zh.js").read_text(encoding="utf-8")
BUNDLES = "".join(
    file.read_text(encoding="utf-8") for file in (Path(get_static_dir()) / "static/js").glob("*.js")
)
# Put together by the frontend from pieces, so the whole is nowhere in its files.
COMPOSED = {
    "Press Enter to apply": "Press Enter to ${e}",
    "Press Enter to submit form": "submit form",
    "The page that you have requested does not seem to exist. Running the app's main page.": (
        "The page that you have requested does not seem to exist"
    ),
}


def words(table: str) -> dict[str, str]:
    block = SCRIPT[SCRIPT.index(f"const {table} = {{") :]
    block = block[: block.index("\n  };")]
    return dict(re.findall(r'^    "([^"]+)":\s+"([^"]+)",$', block, re.MULTILINE))


@pytest.mark.parametrize("english", sorted(words("WORDS")))
def test_every_translated_word_is_one_the_frontend_says(english: str) -> None:
    assert COMPOSED.get(english, english) in BUNDLES


def test_every_translation_is_chinese() -> None:
    tables = words("WORDS") | words("CHARTS")
    assert len(tables) > 120
    assert [e for e, chinese in tables.items() if not re.search("[\u4e00-\u9fff]", chinese)] == []


def test_the_sign_in_cookies_are_all_caught_by_one_name() -> None:
    assert SIGN_IN_COOKIES == USER_COOKIE_NAME
    assert TOKENS_COOKIE_NAME.startswith(SIGN_IN_COOKIES)


def test_a_deferred_download_still_names_its_owner_where_we_look() -> None:
    manager = MediaFileManager(storage=MemoryMediaFileStorage("/media"))
    assert manager._deferred_callables == {}
    assert "session_id" in DeferredCallableEntry.__annotations__
