"""社区矫正·安置帮教系统：只供进入。"""

from sandbox.kit.declared import Simulated
from sandbox.kit.door import DoorFace

SYSTEM = Simulated(
    id="corrections",
    name="社区矫正·安置帮教系统",
    face=DoorFace(path="/actuator/health", kind="json"),
    pages=("/jzbj/zoufang",),
)
