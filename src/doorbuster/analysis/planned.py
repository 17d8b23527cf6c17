"""The chart of `doorbuster plan`: what would be sent, beside last year."""

from __future__ import annotations

from pathlib import Path

from doorbuster.analysis.charts import plan_chart
from doorbuster.errors import CardError
from doorbuster.traffic.outlook import bin_for_chart_s, rates_by_bin
from doorbuster.traffic.plan import Plan
from doorbuster.vocabulary import JOURNEYS


def draw_plan(file: Path, plan: Plan) -> Path:
    """Draw a plan as PNG or SVG. Raises CardError where the file cannot be written."""
    if file.suffix.lower() not in (".png", ".svg"):
        raise CardError(f"{file}: a chart is drawn as .png or .svg; give a name that ends so")
    starts_s, per_minute, last_year = rates_by_bin(plan, bin_for_chart_s(plan))
    by_journey = {journey: per_minute[:, column].tolist() for column, journey in enumerate(JOURNEYS)}
    title = f"{plan.scenario.name}: what would be sent"
    return plan_chart(file, (starts_s / 60).tolist(), by_journey, last_year.tolist(), title)
