"""Shares that a log shows: how far sessions got, and the mix of journeys; what it cannot show stays out."""

from __future__ import annotations

from typing import Final

import numpy as np

from doorbuster.importers import published
from doorbuster.importers.imported import Figure, Finding, ImportedCurve, Window
from doorbuster.importers.log.result import LogImport
from doorbuster.importers.units import share
from doorbuster.vocabulary import STEPS

ENOUGH: Final = 1000
"""Sessions in the window from which on its own mix is taken, rather than the whole log's."""
_BUYING: Final[tuple[str, ...]] = ("native_checkout", "express_wallet")


def funnel_of(log: LogImport) -> tuple[Figure, ...]:
    """Sessions that took each step, and those of a visitor who had been there before."""
    steps = [share(step, log.funnel[step], log.sessions, "sessions") for step in STEPS if step in log.funnel]
    again = share(
        "came again", log.returning_share * log.sessions, log.sessions, "sessions, of visitors seen before in the log"
    )
    return (*steps, again)


def mix_of_log(log: LogImport, curve: ImportedCurve, window: Window) -> tuple[dict[str, Figure], list[Finding]]:
    """Journey -> share of sessions (`buying`: native and wallet together), as `Imported.mix` has it; what was odd.

    Who reached a checkout and did not buy is rehearsed as a cart that leaves, because a journey of ours that checks
    out also buys.
    """
    if not any(log.journeys[journey] is not None for journey in ("cart", *_BUYING)):
        return {}, []
    cut, where = slice(window.first, window.last), "sessions in the window"
    if np.nansum(curve.count[cut]) < ENOUGH:
        cut, where = slice(None), "sessions in the log"
    of = float(np.nansum(curve.count[cut]))
    reached = {name: float(np.nansum(curve.counts[name][cut])) for name in curve.counts}
    bought = {name: reached[name] * _completed(log, name) for name in _BUYING if name in reached}
    mix: dict[str, Figure] = {
        name: share(f"journeys.{name}", count, of, f"{where} bought") for name, count in bought.items()
    }
    left = sum(reached[name] - bought[name] for name in bought)
    if "cart" in reached:
        words = f"{where} filled a cart or reached a checkout and did not buy"
        mix["cart"] = share("journeys.cart", reached["cart"] + left, of, words)
        if bought:
            mix["browse"] = share("journeys.browse", reached["browse"], of, f"{where} filled no cart")
    if bought and "express_wallet" not in bought:
        # Wallets that look like checkouts are among them: together they are known, apart they are not.
        mix["buying"] = mix.pop("native_checkout")
    if bought and "native_checkout" not in bought:
        value = published.CONVERSION.value * (1 - published.WALLET_SHARE.value)
        why = f"{published.CONVERSION.why}, less wallets"
        mix["native_checkout"] = Figure("journeys.native_checkout", value, "assumed", why)
    return mix, _left_at_checkout(log, left, sum(bought.values()), where)


def _completed(log: LogImport, journey: str) -> float:
    """Share of the journey's sessions that bought, of the whole log; one where no completing call shows."""
    sessions, orders = log.journeys[journey], log.orders[journey]
    return 1.0 if orders is None or not sessions else min(1.0, orders / sessions)


def _left_at_checkout(log: LogImport, left: float, bought: float, where: str) -> list[Finding]:
    blind = [name for name in _BUYING if log.journeys[name] is not None and log.orders[name] is None]
    if blind:
        told = f"{' and '.join(blind)}: who got there is rehearsed as who bought, which is more than bought"
        return [Finding("mix", f"no completing call shows in {told}", True)]
    if left < 0.5:
        return []
    told = f"{bought + left:,.0f} {where} reached a checkout or wallet and {bought:,.0f} of them bought"
    return [Finding("mix", f"{told}; the others are rehearsed as carts that leave")]
