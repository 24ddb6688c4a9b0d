"""Every page that a manifest sends people to lies behind the entrance of its simulated system."""

import re
import urllib.request

import pytest

from portal.connectors.contract import Capability
from portal.connectors.registry import read_manifests
from tests.connectors.desk import desk_on
from tests.connectors.grounds import Ground

MANIFESTS = read_manifests()
LINKS = [
    (system_id, name)
    for system_id, one in sorted(MANIFESTS.items())
    for name in (one.entry.links if one.entry else ())
]
CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what a link takes for a placeholder


@pytest.mark.parametrize(("system_id", "link"), LINKS)
def test_a_page_that_people_are_sent_to_is_there(
    system_id: str, link: str, sandbox: Ground
) -> None:
    entry = MANIFESTS[system_id].entry
    assert entry is not None
    path = re.sub(r"\{[a-z_]+\}", "A-1_2", entry.links[link].path)
    address = f"{sandbox.http_url}/{system_id}{path}"
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own sandbox
        text = answer.read().decode()
    assert f"登录后打开的页面：{path}" in text
    assert "模拟系统" in text


@pytest.mark.parametrize("system_id", ["neighbour_orders", "urban_management", "police_nonurgent"])
def test_a_task_can_be_opened_over_there(
    system_id: str, sandbox: Ground, configured: object
) -> None:
    entry = MANIFESTS[system_id].entry
    assert entry is not None and "{number}" in entry.links["task"].path
    assert {Capability.TASKS, Capability.ORDERS} & MANIFESTS[system_id].capabilities
    with desk_on(sandbox) as desk:
        numbers = [
            t.foreign_id for page in desk.gateway.tasks(system_id).changed(None) for t in page
        ]
    assert numbers and all(map(CODE.fullmatch, numbers))


@pytest.mark.parametrize("nature", ["corrections"])
def test_no_link_leads_to_the_file_of_a_person_of_that_kind(nature: str) -> None:
    """We hold no number of theirs, so no page may ask for one."""
    for one in MANIFESTS.values():
        if one.nature == nature and one.entry:
            assert not [link.path for link in one.entry.links.values() if "{" in link.path]
