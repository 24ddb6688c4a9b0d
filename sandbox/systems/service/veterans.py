"""退役军人服务管理系统：只供进入。"""

from sandbox.kit.declared import Simulated
from sandbox.kit.door import DoorFace

SYSTEM = Simulated(
    id="veterans", name="退役军人服务管理系统", face=DoorFace(path="/portal/login", kind="page")
)
