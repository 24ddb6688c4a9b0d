"""公共就业服务系统：只供进入。"""

from sandbox.kit.declared import Simulated
from sandbox.kit.door import DoorFace

SYSTEM = Simulated(
    id="employment", name="公共就业服务系统", face=DoorFace(path="/actuator/health", kind="json")
)
