"""A bulletin as a file over HTTP: for a live session, within its scope, and audited."""

from io import BytesIO
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from auth.tables import audit_entry
from portal.store import papers, workbooks
from portal.store.engine import begin
from tests import people
from tests.doorway import Browser, Doorway

STREET = "990102001"


@pytest.fixture
def client(doorway: Doorway) -> Browser:
    """A browser in which somebody of a street office is signed in."""
    account = people.add_account("street", "马街道")
    people.add_post(
        account, f"gov-{STREET}", roles=["street_officer"], prefixes=[STREET], main=True
    )
    doorway.sign_in_again("street", account)
    return Browser(doorway.app(), login="street")


def test_both_files_with_their_names_and_a_trace(client: Browser) -> None:
    for form, kind in (("docx", papers.MEDIA_TYPE), ("xlsx", workbooks.MEDIA_TYPE)):
        answer = client.get(f"/api/v1/bulletins/2026-10.{form}", params={"region": STREET})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == kind
        name = answer.headers["content-disposition"].partition("filename*=UTF-8''")[2]
        assert unquote(name) == f"湖滨街道群众诉求办理月报_2026-10.{form}"
        if form == "xlsx":
            title = load_workbook(BytesIO(answer.content)).worksheets[0]["A1"].value
        else:
            title = papers.text_of(answer.content)[0]
        assert title == "湖滨街道群众诉求办理月报"
        with begin() as connection:
            row = connection.execute(select(audit_entry).order_by(audit_entry.c.seq.desc())).first()
        assert row is not None
        assert (row.action, row.actor, row.region_code) == ("rates.bulletin", "street", STREET)
        assert row.detail == {"period": "2026-10", "form": form}


@pytest.mark.parametrize(
    ("span", "region", "status"),
    [
        ("2026-10", "9901", 403),
        ("2026-10", "", 403),
        ("2026-10", f"{STREET}999", 404),
        ("2026-99", STREET, 404),
        ("2099-01", STREET, 404),
        ("2026-1a", STREET, 422),
    ],
)
def test_what_is_not_ones_own_or_not_there(
    client: Browser, span: str, region: str, status: int
) -> None:
    answer = client.get(f"/api/v1/bulletins/{span}.xlsx", params={"region": region})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_who_is_not_signed_in_gets_nothing(client: Browser) -> None:
    client.cookies.clear()
    assert client.get("/api/v1/bulletins/2026-10.docx").status_code == 401
