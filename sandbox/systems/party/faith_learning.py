"""“信仰的力量”党员教育：只供进入。"""

from sandbox.kit.declared import Simulated
from sandbox.kit.door import DoorFace

SYSTEM = Simulated(
    id="faith_learning", name="“信仰的力量”党员教育", face=DoorFace(path="/api/status", kind="json")
)
