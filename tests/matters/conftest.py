"""The matters of the small second city."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.store.citypack import CityPack
from tests.matters.world import Office, opened


@pytest.fixture
def matters(hailing: CityPack, tmp_path: Path) -> Iterator[Office]:
    """The function over its systems."""
    with opened(tmp_path) as made:
        yield made
