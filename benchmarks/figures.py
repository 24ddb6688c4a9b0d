"""A figure and where it goes: one JSON line on stdout and in the file of its group."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured number; its target is the bound the design names, if it names one."""

    figure: str
    value: float
    unit: str
    runs: int
    scale: str = "demo"
    target: str | None = None

    @property
    def group(self) -> str:
        """The first part of the name: the file it is kept in."""
        return self.figure.partition(".")[0]

    def line(self) -> str:
        """The figure as a line of JSON."""
        shown = {
            "figure": self.figure,
            "value": round(self.value, 3 if abs(self.value) < 100 else 1),
            "unit": self.unit,
            "target": self.target,
            "runs": self.runs,
            "scale": self.scale,
        }
        return json.dumps(shown, ensure_ascii=False)


def emit(figure: Figure) -> None:
    """Print a figure and keep it."""
    line = figure.line()
    print(line, flush=True)
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{figure.group}.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def median(values: Sequence[float]) -> float:
    """The middle value; on a shared machine the mean says more about the neighbours."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def paired(tops: Sequence[float], bottoms: Sequence[float]) -> float:
    """The median of ratios of measurements made side by side: what both suffer falls out."""
    return median([top / bottom for top, bottom in zip(tops, bottoms, strict=True)])
