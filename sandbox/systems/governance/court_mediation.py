"""矛盾纠纷调解平台：只供进入。"""

from sandbox.kit.declared import Simulated
from sandbox.kit.door import DoorFace

SYSTEM = Simulated(
    id="court_mediation",
    name="矛盾纠纷调解平台",
    face=DoorFace(path="/index", kind="page"),
    pages=("/tjpt/case/{number}", "/tjpt/apply"),
)
