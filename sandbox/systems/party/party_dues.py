"""党费与组织生活管理：只供进入。"""

from sandbox.kit.declared import Simulated
from sandbox.kit.door import DoorFace

SYSTEM = Simulated(
    id="party_dues", name="党费与组织生活管理", face=DoorFace(path="/login", kind="page")
)
