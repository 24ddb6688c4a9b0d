"""信访信息系统：只供进入。"""

from sandbox.kit.declared import Simulated
from sandbox.kit.door import DoorFace

SYSTEM = Simulated(
    id="petitions",
    name="信访信息系统",
    face=DoorFace(path="/zxxf/login", kind="page"),
    pages=("/zxxf/matter/{number}", "/zxxf/opinion"),
)
