"""Which place a code means: as the divisions write it, and as registers do."""

import pytest

from portal.functions import city
from portal.store import divisions


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("990102001001", "990102001001"),
        ("990102001001007", "990102001001"),  # a grid or an address
        ("990102001000", "990102001"),  # the whole street, padded
        ("990102000000", "990102"),
        ("990100000000", "9901"),
        ("990102001999", None),  # a community there never was is no street
        ("880101000000", None),
    ],
)
def test_a_code_finds_its_place(hailing: object, code: str, found: str | None) -> None:
    place = divisions.find(code)
    assert (place and place.code) == found


def test_a_padded_code_has_a_name_and_not_a_number(hailing: object) -> None:
    assert not any(one.isdigit() for one in city.place_name("990102001000"))
