"""党员干部远程教育：只供进入。"""

from sandbox.kit.declared import Simulated
from sandbox.kit.door import DoorFace

SYSTEM = Simulated(
    id="remote_education", name="党员干部远程教育", face=DoorFace(path="/heartbeat", kind="text")
)
