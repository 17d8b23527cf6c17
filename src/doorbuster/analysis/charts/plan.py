"""What would be sent: shoppers a minute by journey, beside last year's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from doorbuster.analysis.charts.style import THIS_YEAR, Line, clock_axis, name_lines, new_figure, png
from doorbuster.errors import CardError

_SHADES = ("#123c69", "#4f7cac", "#9dbad5", "#d3e0ec")
_HATCHES = ("", "....", "////", "xxxx")


def plan_chart(
    file: Path,
    minutes: Sequence[float],
    planned_per_minute: Mapping[str, Sequence[float]],
    last_year_per_minute: Sequence[float],
    title: str,
) -> Path:
    """Draw a plan to a PNG or SVG and return its path.

    `minutes`: starts of equal bins on the scenario's clock, shape (n,). `planned_per_minute`: journey -> sessions a
    minute, shape (n,) each. `last_year_per_minute`: all journeys together, shape (n,) or empty. Raises CardError where
    the file cannot be written.
    """
    figure, axes = new_figure(title, "sessions a minute that would be sent")
    start_s = np.asarray(minutes, dtype=float) * 60
    width_s = float(start_s[1] - start_s[0]) if len(start_s) > 1 else 60.0
    edges = np.append(start_s, start_s[-1] + width_s) if len(start_s) else np.array([0.0, width_s])
    floor = np.zeros(len(start_s))
    lines = []
    for position, (journey, rate) in enumerate(planned_per_minute.items()):
        top = floor + np.asarray(rate, dtype=float)
        look = position % len(_SHADES)
        axes.stairs(
            top, edges, baseline=floor, fill=True, facecolor=_SHADES[look], hatch=_HATCHES[look], edgecolor="white"
        )
        # A band is named at its middle height, so that the name points at it.
        lines.append(Line(start_s.tolist(), ((floor + top) / 2).tolist(), journey, THIS_YEAR))
        floor = top
    if len(last_year_per_minute):
        last_year = np.asarray(last_year_per_minute, dtype=float)
        axes.stairs(last_year, edges, baseline=None, color="white", linewidth=3.2)
        axes.stairs(last_year, edges, baseline=None, color="black", linewidth=1.6, linestyle="--")
        lines.append(Line(start_s.tolist(), last_year.tolist(), "last year", "black"))
    clock_axis(axes, float(edges[-1]))
    axes.set_xlim(float(edges[0]), float(edges[-1]))
    axes.set_ylim(0, max(float(floor.max(initial=0)), max(last_year_per_minute, default=0), 1e-9) * 1.1)
    name_lines(axes, lines)
    try:
        if file.suffix.lower() == ".svg":
            figure.savefig(file, metadata={"Date": None})
        else:
            file.write_bytes(png(figure))
    except OSError as refused:
        raise CardError(f"{file}: the chart cannot be written ({refused}); choose another place") from None
    return file
