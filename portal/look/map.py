"""The map of the districts: polygons on plain axes, drawn without any network. A sketch, and
labelled so: it is no survey and carries no boundary of authority."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any

import plotly.graph_objects as go

from portal.look import charts, theme

_LEAST_WIDTH = 0.28  # of the whole: narrower districts get their label beside the map
_PLAIN: dict[str, Any] = {"showarrow": False, "font": {"size": 12, "color": theme.INK}}

Ring = Sequence[Sequence[float]]
_TOLERANCE = 0.004  # degrees; a sketch needs no finer line, and every point is sent to the browser


def _rings(geometry: Mapping[str, Any]) -> list[Ring]:
    parts = geometry["coordinates"]
    polygons = parts if geometry["type"] == "MultiPolygon" else [parts]
    return [polygon[0] for polygon in polygons]


def simplify(ring: Ring, tolerance: float = _TOLERANCE) -> list[tuple[float, float]]:
    """The same line with fewer points (Douglas and Peucker), closed as it was."""
    points = [(float(x), float(y)) for x, y, *_ in ring]
    keep = [False] * len(points)
    keep[0] = keep[-1] = True
    stack = [(0, len(points) // 2), (len(points) // 2, len(points) - 1)]
    keep[len(points) // 2] = True
    while stack:
        first, last = stack.pop()
        worst, place = 0.0, 0
        for index in range(first + 1, last):
            away = _distance(points[index], points[first], points[last])
            if away > worst:
                worst, place = away, index
        if worst > tolerance:
            keep[place] = True
            stack += [(first, place), (place, last)]
    return [(round(x, 4), round(y, 4)) for (x, y), kept in zip(points, keep, strict=True) if kept]


def _distance(
    point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]
) -> float:
    (x, y), (x1, y1), (x2, y2) = point, start, end
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    if length == 0:
        return float(((x - x1) ** 2 + (y - y1) ** 2) ** 0.5)
    return float(abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length)


def _centre(ring: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The centroid of the area, where a label stands."""
    area = x_sum = y_sum = 0.0
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = x1 * y2 - x2 * y1
        area += cross
        x_sum += (x1 + x2) * cross
        y_sum += (y1 + y2) * cross
    return x_sum / (3 * area), y_sum / (3 * area)


def _shade(value: int, values: Sequence[int]) -> str:
    """The step of a value among all values."""
    below = sum(one < value for one in values)
    return theme.STEPS[min(below * len(theme.STEPS) // len(values), len(theme.STEPS) - 1)]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What a district is filled with, and the words that say the same."""

    words: str
    fill: str
    edge: str = theme.PAPER


_UNKNOWN = Mark(words="无数据", fill=theme.NO_DATA)


def districts(
    features: Sequence[Mapping[str, Any]], values: Mapping[str, int | None], unit: str
) -> go.Figure:
    """Each district's outline, shaded by its value, with its name and value in it or beside it."""
    known = [one for one in values.values() if one is not None]
    marks = {
        code: Mark(words=f"{value:,}{unit}", fill=_shade(value, known))
        for code, value in values.items()
        if value is not None
    }
    return marked(features, marks)


def marked(features: Sequence[Mapping[str, Any]], marks: Mapping[str, Mark]) -> go.Figure:
    """Each district's outline as it is marked; its words stand in it or beside it."""
    shapes = [_shape(one, marks) for one in features]
    figure = go.Figure()
    for one in shapes:
        for ring in one.rings:
            figure.add_trace(_outline(ring, one.mark, f"{one.name}<br>{one.mark.words}"))
    _label_all(figure, shapes)
    # The plot gives way to the scale, not the range: so the sketch grows with the room it has.
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain")
    figure.update_yaxes(visible=False, fixedrange=True, constrain="domain", scaleanchor="x",
                        scaleratio=_ratio(shapes))  # fmt: skip
    figure.add_annotation(
        text="示意图",
        xref="paper",
        yref="paper",
        x=0,
        y=0,
        showarrow=False,
        font={"size": 12, "color": theme.MUTED},
    )
    return charts.calm(figure, height=310)


@dataclass(frozen=True, kw_only=True)
class _Shape:
    name: str
    mark: Mark
    rings: list[list[tuple[float, float]]]

    @property
    def main(self) -> list[tuple[float, float]]:
        """The largest part, which carries the label."""
        return max(self.rings, key=len)

    @property
    def width(self) -> float:
        xs = [x for x, _ in self.main]
        return max(xs) - min(xs)


def _shape(feature: Mapping[str, Any], marks: Mapping[str, Mark]) -> _Shape:
    name = feature["properties"]["name"]
    return _Shape(
        name=name if len(name) <= 4 else name[:2] + name[-1],
        mark=marks.get(feature["properties"]["code"], _UNKNOWN),
        rings=[simplify(ring) for ring in _rings(feature["geometry"])],
    )


def _ratio(shapes: Sequence[_Shape]) -> float:
    """How much longer a degree of latitude is than one of longitude, here."""
    latitudes = [y for one in shapes for _, y in one.main]
    return 1 / cos(radians(sum(latitudes) / len(latitudes))) if latitudes else 1.0


def _label_all(figure: go.Figure, shapes: Sequence[_Shape]) -> None:
    """Labels inside what is wide enough; the others stand in a row at the right, with a line."""
    if not shapes:
        return
    xs = [x for one in shapes for x, _ in one.main]
    ys = [y for one in shapes for _, y in one.main]
    span, height = max(xs) - min(xs), max(ys) - min(ys)
    beside = sorted(
        (one for one in shapes if one.width < span * _LEAST_WIDTH),
        key=lambda one: -_centre(one.main)[1],
    )
    for one in shapes:
        if one not in beside:
            x, y = _centre(one.main)
            figure.add_annotation(x=x, y=y, text=_words(one, "<br>"), **_PLAIN)
    edge, step = max(xs) + span * 0.1, height * 0.09
    middle = sum(_centre(one.main)[1] for one in beside) / max(len(beside), 1)
    for place, one in enumerate(beside):
        x, y = _centre(one.main)
        at = middle + step * ((len(beside) - 1) / 2 - place)
        figure.add_trace(_leader((x, y), (edge, at)))
        figure.add_annotation(x=edge, y=at, text=_words(one, " "), xanchor="left", **_PLAIN)
    right = edge + span * 0.42 if beside else max(xs) + span * 0.02
    figure.update_xaxes(range=[min(xs) - span * 0.02, right])
    figure.update_yaxes(range=[min(ys) - height * 0.02, max(ys) + height * 0.02])


def _words(one: _Shape, between: str) -> str:
    return f"{one.name}{between}<b>{one.mark.words}</b>"


def _leader(start: tuple[float, float], end: tuple[float, float]) -> go.Scatter:
    return go.Scatter(
        x=[start[0], end[0]],
        y=[start[1], end[1]],
        mode="lines+markers",
        line={"color": theme.MUTED, "width": 1},
        marker={"size": [5, 0], "color": theme.INK},
        hoverinfo="skip",
        showlegend=False,
    )


def _outline(ring: Sequence[tuple[float, float]], mark: Mark, words: str) -> go.Scatter:
    return go.Scatter(
        x=[x for x, _ in ring],
        y=[y for _, y in ring],
        mode="lines",
        fill="toself",
        fillcolor=mark.fill,
        line={"color": mark.edge, "width": 1.5},
        hoveron="fills",
        hoverinfo="text",
        text=words,
        showlegend=False,
    )
