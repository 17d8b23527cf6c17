"""Revenue at risk: what slower pages cost by two published figures, at this run's own orders, always as a range.

The two disagree by a factor of twelve because they measured different things: Zalando changed the speed on purpose and
looked at revenue per session; Deloitte and Google looked at which shops were both faster and sold more. So the first is
a cause and the lower end, the second only goes along with speed and is the upper end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from doorbuster.analysis.comparison_rules import AS_CALIBRATED
from doorbuster.analysis.estimates import Estimates, Sides, geometric_mean_ms
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Selection
from doorbuster.analysis.slower import TWO_SIDED_95, families_of
from doorbuster.analysis.wording import milliseconds, percent, whole
from doorbuster.promises.words import amount_text, some
from doorbuster.vocabulary import FAILED_OUTCOMES

ZALANDO_PER_100_MS: Final = 0.007
"""Share of revenue per session, by experiment."""
DELOITTE_PER_100_MS: Final = 0.084
"""Share of retail conversions, by observation."""
FURTHEST_MS: Final = 1000.0
"""Neither source looked at larger differences: beyond it the range stops growing."""
SOURCES: Final = (
    "Low end: Zalando, by experiment, 100 ms cost 0.7 % of revenue per session. High end: Deloitte and Google, by "
    "observation, 0.1 s goes along with 8.4 % of retail conversions."
)
_BUYING: Final = ("native_checkout", "express_wallet")


@dataclass(frozen=True)
class Sold:
    """What the run's shoppers bought after the warm-up, in its commonest currency."""

    orders: int
    total_minor: int
    currency: str

    @property
    def mean_minor(self) -> int:
        return round(self.total_minor / self.orders)


def revenue_sentences(run: Run, baselines: Sequence[Run]) -> tuple[str, ...]:
    """What slowness puts at risk, and what buyers who did not get through would have spent; nothing without orders."""
    sold = sold_in(run)
    if sold is None:
        return ()
    slowness = _slowness(sold, Sides((run,), tuple(baselines))) if baselines else ""
    return tuple(sentence for sentence in (slowness, _turned_away(run, sold)) if sentence)


def sold_in(run: Run) -> Sold | None:
    """Orders that shoppers' pages confirmed; None where there was none."""
    sessions = run.sessions[run.sessions["due_us"] >= run.warm_up_s * 1e6]
    bought = sessions[sessions["order_id"].notna() & sessions["total_minor"].notna() & sessions["currency"].notna()]
    if bought.empty:
        return None
    currency = str(bought["currency"].value_counts().index[0])
    totals = bought.loc[bought["currency"] == currency, "total_minor"]
    return Sold(len(totals), int(totals.sum()), currency)


def share_at_risk(slower_ms: float) -> tuple[float, float]:
    """Shares of revenue, low and high, for a slowdown in milliseconds.

    >>> tuple(round(share, 4) for share in share_at_risk(100))
    (0.007, 0.084)
    """
    hundreds = min(slower_ms, FURTHEST_MS) / 100
    return ZALANDO_PER_100_MS * hundreds, min(1.0, DELOITTE_PER_100_MS * hundreds)


def _slowness(sold: Sold, sides: Sides) -> str:
    known = Estimates()
    families = families_of(sides, [Selection()], ["p50"], AS_CALIBRATED, known)
    if math.isnan(families.error[0, 0]):
        return ""
    least, most = (math.exp(float(end[0, 0])) for end in families.span(TWO_SIDED_95))
    now_ms, then_ms = (
        geometric_mean_ms([known.quantile(run, Selection(), "p50") for run in runs])
        for runs in (sides.candidates, sides.baselines)
    )
    compared = f"{now_ms / then_ms:.2f}x, {least:.2f} to {most:.2f}"
    if least <= 1:
        return (
            "Revenue at risk from slowness: none that can be told; half of all steps took last year's time or less, "
            f"or the difference may be chance ({compared})."
        )
    slower_ms = now_ms - then_ms
    low, high = share_at_risk(slower_ms)
    money = " to ".join(amount_text(round(share * sold.total_minor), sold.currency) for share in (low, high))
    beyond = f" Counted as {milliseconds(FURTHEST_MS)}: nobody measured more." if slower_ms > FURTHEST_MS else ""
    return (
        f"Revenue at risk from slowness: {percent(low)} to {percent(high)}, {money} of the "
        f"{amount_text(sold.total_minor, sold.currency)} that this run's {some(sold.orders, 'order')} came to. Half of "
        f"all steps took {milliseconds(slower_ms)} longer than last year ({compared}).{beyond} {SOURCES}"
    )


def _turned_away(run: Run, sold: Sold) -> str:
    """Buyers whom an error, a throttle or a long wait sent away; who was told "sold out" is not among them."""
    sessions = run.sessions
    buyers = sessions[sessions["journey"].isin(_BUYING) & (sessions["due_us"] >= run.warm_up_s * 1e6)]
    lost = int(buyers["outcome"].isin([*FAILED_OUTCOMES]).sum())
    if not lost:
        return ""
    return (
        f"{whole(lost)} of {whole(len(buyers))} buyers ({percent(lost / len(buyers))}) were turned away by errors or "
        f"waits; at this run's mean order of {amount_text(sold.mean_minor, sold.currency)} that is "
        f"{amount_text(lost * sold.mean_minor, sold.currency)}."
    )
