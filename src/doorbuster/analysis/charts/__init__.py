"""This year against last, drawn so that anybody can read it: in print, on a phone, without colour."""

from doorbuster.analysis.charts.all_charts import Chart, ChartGroup, draw_charts
from doorbuster.analysis.charts.plan import plan_chart
from doorbuster.analysis.charts.years import Years

__all__ = ["Chart", "ChartGroup", "Years", "draw_charts", "plan_chart"]
