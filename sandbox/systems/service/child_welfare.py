"""儿童福利与未成年人保护系统：只供进入。"""

from sandbox.kit.declared import Simulated
from sandbox.kit.door import DoorFace

SYSTEM = Simulated(
    id="child_welfare",
    name="儿童福利与未成年人保护系统",
    face=DoorFace(path="/etfl/alive", kind="text"),
)
