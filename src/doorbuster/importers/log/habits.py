"""How shoppers behaved, as far as a log shows it: think times, popularity, coupons, baskets, searches, products."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow.compute as pc

from doorbuster.importers.imported import Figure, Think
from doorbuster.importers.log.models import QUANTILES, ThinkFit
from doorbuster.importers.log.result import LogImport
from doorbuster.importers.units import share
from doorbuster.vocabulary import STEPS

_BAD_FIT: Final = 0.10
"""Above this distance, or where the fitted median lies outside the measured one's interval, measured ones are taken."""
_LEAST_S: Final = 0.001
_SHOWN: Final = 20
_ONE_AFTER_ANOTHER: Final = ("cart.", "checkout.", "wallet.")
_P50, _P90 = QUANTILES.index(0.50), QUANTILES.index(0.90)


def thinks_of(log: LogImport) -> dict[str, Think]:
    """Step or `default` -> think time before it."""
    measured = {step: _think(step, fit) for step, fit in log.thinks.items()}
    return measured | {step: _no_think(step) for step in _hidden(log)}


def _hidden(log: LogImport) -> Iterator[str]:
    """Steps that the log never shows, though it shows later ones: a wallet's token is given by somebody else's server,
    a checkout on one page is several of our steps. Last year's pause before the next one holds theirs."""
    # Of all steps, refused ones too, which the funnel leaves out.
    shown = set(log.moves["step"].to_pylist())
    for part in _ONE_AFTER_ANOTHER:
        steps = [step for step in STEPS if step.startswith(part)]
        for place, step in enumerate(steps):
            if step not in shown and any(later in log.thinks for later in steps[place:]):
                yield step


def _no_think(step: str) -> Think:
    why = "the log shows no such step: its pause is part of the next one's"
    median, p90 = (Figure(f"shopper.think.{step}.{key}", _LEAST_S, "assumed", why) for key in ("median_s", "p90_s"))
    return Think(median, p90)


def _think(step: str, fit: ThinkFit) -> Think:
    """The fit's median and p90 where they tell what was measured; an interval always holds the number beside it."""
    key, pauses = f"shopper.think.{step}", f"{fit.count:,} pauses"
    low_s, high_s = fit.median_low_s, fit.median_high_s
    fits = fit.fit_error <= _BAD_FIT
    if fits and low_s <= fit.median_s <= high_s:
        median_s, p90_s, why = fit.median_s, fit.p90_s, f"fitted to {pauses}"
        how = f"{why}; a log-normal is off by {fit.fit_error:.1%}"
    else:
        median_s, p90_s, why = fit.quantiles_s[_P50], fit.quantiles_s[_P90], f"the middle one of {pauses}"
        off = f"would be off by {fit.fit_error:.0%}" if not fits else f"would have a median of {fit.median_s:.3g} s"
        how = f"of {pauses}; a log-normal {off}"
    median = Figure(f"{key}.median_s", max(median_s, _LEAST_S), "measured", why, low_s, high_s)
    return Think(
        median, Figure(f"{key}.p90_s", max(p90_s, median.value), "measured", how), fit.count, fit.quantiles_s,
        fit.fit_error,
    )  # fmt: skip


def shopper_of(log: LogImport) -> dict[str, Figure]:
    """Other keys of [shopper] that the log shows."""
    found = {}
    if log.zipf is not None:
        fit, reach = log.zipf, 1.96 * log.zipf.standard_error
        why = f"Zipf over the {fit.products} most seen products, {fit.views:,} views"
        exponent = min(5.0, max(0.0, fit.exponent))
        key = "shopper.popularity"
        found["popularity"] = Figure(key, exponent, "measured", why, fit.exponent - reach, fit.exponent + reach)
    carts = log.funnel.get("cart.add", 0)
    if log.coupon_share is not None:
        tried = log.coupon_share * carts
        found["coupon_share"] = share("shopper.coupon_share", min(tried, carts), carts, "carts tried a coupon")
    if log.basket_lines is not None:
        why = f"calls that add to a cart, in {carts:,} sessions that have any"
        lines = min(20.0, max(1.0, log.basket_lines))
        found["basket_lines"] = Figure("shopper.basket_lines", lines, "measured", why)
    if log.search_share is not None:
        searched = log.search_share * log.sessions
        found["search_share"] = share("shopper.search_share", searched, log.sessions, "sessions searched")
    return found


def products_of(log: LogImport) -> tuple[tuple[str, float], ...]:
    """The head of the catalogue: product and its share of all views of products."""
    answers = log.answers
    seen = pc.and_(pc.equal(answers["step"].cast("string"), "product"), pc.less(answers["status"], 400))
    views = pc.sum(answers.filter(seen)["count"]).as_py() or 0
    head = log.products.slice(0, _SHOWN).to_pylist()
    return tuple((row["slug"], row["views"] / views) for row in head) if views else ()
