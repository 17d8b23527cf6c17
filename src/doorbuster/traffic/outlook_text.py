"""`doorbuster plan` in words and one table."""

from __future__ import annotations

from doorbuster.traffic.curve import describe_start
from doorbuster.traffic.outlook import Outlook
from doorbuster.traffic.plan import Plan
from doorbuster.vocabulary import JOURNEYS

_MOST_ROWS = 60


def outlook_text(plan: Plan, outlook: Outlook) -> str:
    """What would be sent, for a terminal."""
    busiest = outlook.busiest_minute
    rates = outlook.planned_per_minute
    lines = [
        f"{plan.scenario.name}: {_what(plan)}, seed {plan.seed}",
        f"runs for {plan.duration_s / 60:.1f} min ({plan.warm_up_s:g} s of them warm-up)",
        *([f"the curve says when they come: {', '.join(apart)}"] if (apart := plan.window.by_journey) else []),
        "",
        _row("minute", ["last year", "planned", *JOURNEYS]),
    ]
    step = max(1, -(-len(rates) // _MOST_ROWS))
    for minute in range(0, len(rates), step):
        planned = rates[minute]
        cells = [outlook.last_year_per_minute[minute], planned.sum(), *planned]
        lines.append(_row(str(minute + 1), [f"{cell:.1f}" for cell in cells]))
    lines += [
        "",
        f"busiest minute     {busiest + 1} with {rates[busiest].sum():.0f} sessions "
        f"(last year {outlook.last_year_per_minute[busiest]:.0f})",
        f"sessions           {outlook.sessions:,}",
        f"orders meant       {outlook.orders:,}",
        f"requests expected  {outlook.requests:,}",
        f"in the shop        about {outlook.shoppers_at_once:,} at once at the busiest minute (Little's law)",
        *(f"warning: {warning}" for warning in outlook.warnings),
        "nothing was sent",
    ]
    return "\n".join(lines)


def _row(first: str, cells: list[str]) -> str:
    return f"{first:>6} " + " ".join(f"{cell:>16}" for cell in cells)


def _what(plan: Plan) -> str:
    if plan.scenario.headroom is None:
        return f"{plan.window.label} of last year, growth and a buffer of {plan.scenario.traffic.buffer:g}"
    times = plan.planned_per_s.sum(axis=1) / plan.last_year_per_s
    level = f"{times[0]:.3g}x" if plan.hold_at is not None else f"{times[0]:.3g}x to {times[-1]:.3g}x"
    return f"{level} last year's peak, the minute of {describe_start(plan.window.start_s)}"
