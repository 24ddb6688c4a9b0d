"""What waits for the own unit in 督 and 评, counted for the line that leads there."""

from auth import permissions
from auth.principal import Principal
from portal.affairs.dispatch import consultations
from portal.affairs.evaluation import appealed, marks
from portal.affairs.supervision import queries
from portal.store.scope import together

HANDLE, SUPERVISE, DISPATCH = "orders.handle", "orders.supervise", "orders.dispatch"


def _sheets(principal: Principal) -> int:
    return queries.turn(principal)


# What is counted, for which permissions, and how; the key is also the tab that shows it.
_COUNTED = (
    ("sheets", (HANDLE, SUPERVISE), _sheets),
    ("consult", (HANDLE, DISPATCH), consultations.turn),
    ("appeals", (SUPERVISE,), appealed.to_decide),
    ("marks", (SUPERVISE,), marks.waiting),
)


def waiting(principal: Principal) -> dict[str, int]:
    """How many 督办单、会商、申诉、认定 wait for the own unit; what one may not do is left out."""
    with together(principal.reach):
        return {
            name: count(principal)
            for name, rights, count in _COUNTED
            if any(permissions.allowed(principal, one) for one in rights)
        }
