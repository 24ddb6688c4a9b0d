"""A list (名册) that comes in while the portal runs: ``python -m tests.browser.lists REGION FORM``.

Sent by a department of the region's district, filled by the desk's job; prints the number of the
answer of the region's community and the title, which no other list has.
"""

import sys
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select

from portal.affairs.forms import desk, fill, held
from portal.affairs.forms.effects import today
from portal.affairs.forms.tables import form_answer
from portal.store.citypack import pack
from portal.store.scope import scoped
from portal.wiring import build
from tests import people


def send(region: str, form: str) -> tuple[str, str]:
    """Drafted, registered, sent to the communities of the district; filled when this returns."""
    build()
    district = region[:6]
    title = f"高龄津贴名册{uuid4().int % 10**6}"
    made = next(one for one in pack().forms.form if one.id == form).model_copy(
        update={"title": title, "number": f"模拟名册{region}",
                "approval": "模拟备〔2026〕90号", "issuer": "区民政局",
                "valid_until": today() + timedelta(days=300)}
    )  # fmt: skip
    department = people.principal(
        roles=("department_officer",), prefixes=(), level="district", kind="department",
        unit_id=f"dept-{district}-civil", region_code=district,
    )  # fmt: skip
    officer = people.principal(
        roles=("district_officer",), prefixes=(district,), level="district", kind="government",
        unit_id=f"gov-{district}", region_code=district,
    )  # fmt: skip
    form_id = desk.draft(department, made)
    desk.act(department, form_id, "submit", {"words": "浏览器测试"})
    desk.act(officer, form_id, "approve")
    desk.act(department, form_id, "send")
    while fill.turn():
        pass
    with scoped(held.SERVICE) as connection:  # waits for the portal's own job if that was faster
        query = select(form_answer.c.paper_no).where(
            form_answer.c.form_id == form_id, form_answer.c.region_code == region
        )
        return str(connection.execute(query.with_for_update()).scalar_one()), title


if __name__ == "__main__":
    sys.stdout.write(" ".join(send(sys.argv[1], sys.argv[2])))
