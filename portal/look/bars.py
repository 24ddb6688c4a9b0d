"""Bars for reports: how a whole divides, place by place."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import plotly.graph_objects as go

from portal.look import charts, theme

# From young to old, light to dark in one hue; the words stand beside each.
_SHADES = ("#f2c97d", "#e0a458", "#6fa3bf", "#4a7f9f", "#2f5f82", "#1d4060")
_LINE, _LEGEND = 24, 64


def stacked(
    names: Sequence[str], series: Mapping[str, Sequence[int | Decimal | None]], *, unit: str
) -> go.Figure:
    """One bar per place; what is not known or not shown is left out of it."""
    figure = go.Figure()
    for place, (name, values) in enumerate(series.items()):
        figure.add_trace(
            go.Bar(
                name=name,
                y=list(names),
                x=list(values),
                orientation="h",
                marker={"color": _SHADES[place % len(_SHADES)]},
                hovertemplate=f"%{{y}}<br>{name} %{{x:,}}{unit}<extra></extra>",
            )
        )
    charts.calm(figure, height=_LEGEND + _LINE * max(3, len(names)))
    figure.update_layout(
        barmode="stack",
        bargap=0.25,
        showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        margin={"l": 0, "r": 8, "t": 40, "b": 24},
    )
    figure.update_xaxes(tickformat=",", fixedrange=True, gridcolor=theme.LINE, ticksuffix="")
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    return figure
