"""自然灾害灾情管理系统：只供进入。"""

from sandbox.kit.declared import Simulated
from sandbox.kit.door import DoorFace

SYSTEM = Simulated(
    id="disaster",
    name="自然灾害灾情管理系统",
    face=DoorFace(path="/ping", kind="text"),
    pages=("/zqbs", "/yujing"),
)
