"""查询核验: many persons of one's scope verified at once, with a second person above a limit."""

from portal.functions.verify.desk import ASK, RELEASE, Verify
from portal.functions.verify.model import Batch, Choice, Job
from portal.functions.verify.rules import VerifyError
from portal.functions.verify.runner import Runner

__all__ = ["ASK", "RELEASE", "Batch", "Choice", "Job", "Runner", "Verify", "VerifyError"]
