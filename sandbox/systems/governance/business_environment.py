"""营商环境监督监测平台：只供进入。"""

from sandbox.kit.declared import Simulated
from sandbox.kit.door import DoorFace

SYSTEM = Simulated(
    id="business_environment",
    name="营商环境监督监测平台",
    face=DoorFace(path="/health", kind="json"),
    pages=("/wtfk/{number}",),
)
