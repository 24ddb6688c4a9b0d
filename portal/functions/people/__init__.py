"""人员与岗位: units, posts and people by file; deputies, handovers, approvals, the matrix."""

from portal.functions.people.holdings import Carrier, Carriers
from portal.functions.people.model import Change, Group, Plan, Problem, Refused

__all__ = ["Carrier", "Carriers", "Change", "Group", "Plan", "Problem", "Refused"]
