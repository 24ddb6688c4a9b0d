"""Landed rows: written as the JSON they are read as, sealed so that no two look alike."""

import json

from hypothesis import given
from hypothesis import strategies as st

from portal.store.crypto import NONCES_AT_ONCE, Sealer, decrypt, keyed_hash
from portal.store.landing import _Writer

rows = st.lists(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=9), max_size=5))


@given(rows=rows)
def test_a_row_is_read_as_it_was_written_whatever_row_came_before(
    rows: list[dict[str, str]],
) -> None:
    write = _Writer()
    for row in rows:
        written = write(row)
        assert json.loads(written) == row
        assert written == json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def test_the_same_text_is_sealed_another_way_each_time_and_opens_again() -> None:
    sealer = Sealer()
    sealed = [sealer.encrypt("甲") for _ in range(2 * NONCES_AT_ONCE + 1)]
    assert len(set(sealed)) == len(sealed)
    assert {decrypt(one) for one in sealed} == {"甲"}
    assert sealer.keyed_hash("甲") == keyed_hash("甲")
