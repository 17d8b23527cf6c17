"""Every number of the scenario: measured where the file had it, else published, else habit, and marked as which."""

from __future__ import annotations

from doorbuster.importers import published
from doorbuster.importers.imported import Figure, Imported
from doorbuster.vocabulary import JOURNEYS

BUYING = ("native_checkout", "express_wallet")


def scenario_figures(imported: Imported) -> dict[str, Figure]:
    """Figures by the key of the scenario, e.g. `journeys.cart`; in the order of the scenario file."""
    figures = {f"journeys.{journey}": figure for journey, figure in mix(imported).items()}
    if imported.curve.leading == "orders" and imported.conversion is not None:
        figures["traffic.conversion"] = imported.conversion
    for journey in JOURNEYS:
        figures[f"traffic.growth.{journey}"] = imported.growth.get(journey, published.GROWTH[journey])
    figures["traffic.buffer"] = published.BUFFER
    for key, usual in published.SHOPPER.items():
        figures[f"shopper.{key}"] = imported.shopper.get(key, usual)
    figures["shopper.think.default.median_s"] = published.THINK_MEDIAN
    figures["shopper.think.default.p90_s"] = published.THINK_P90
    for step, think in imported.think.items():
        figures[f"shopper.think.{step}.median_s"] = think.median_s
        figures[f"shopper.think.{step}.p90_s"] = think.p90_s
    return figures


def mix(imported: Imported) -> dict[str, Figure]:
    """Shares of sessions that add up to one; what the file does not tell apart is split by published figures."""
    known = dict(imported.mix)
    buying = known.pop("buying", None)
    if buying is None and not any(journey in known for journey in BUYING):
        rate = imported.conversion or published.CONVERSION
        buying = Figure("sessions that buy", rate.value, rate.sure, rate.why, rate.low, rate.high)
    if buying is not None:
        wallet = published.WALLET_SHARE
        split = f"{buying.value:.2%} of sessions buy ({buying.sure}: {buying.why})"
        known["native_checkout"] = _share(
            "native_checkout", buying.value * (1 - wallet.value), f"{split}, less wallets"
        )
        by_wallet = f"{split}, {wallet.value:.0%} of them by wallet: {wallet.why}"
        known["express_wallet"] = _share("express_wallet", buying.value * wallet.value, by_wallet)
    sold = sum(known[journey].value for journey in BUYING if journey in known)
    if "cart" not in known:
        left = max(0.0, published.CART.value - sold)
        known["cart"] = _share("cart", left, f"{published.CART.why}, less those who buy")
    filled = sold + known["cart"].value
    if filled > 1:
        known["cart"] = _share("cart", max(0.0, 1 - sold), "what buying leaves over")
        filled = sold + known["cart"].value
    if "browse" not in known:
        known["browse"] = _share("browse", max(0.0, 1 - filled), "the rest of the sessions")
    zero = _share("", 0.0, "never seen in the file")
    return {journey: known.get(journey, zero) for journey in JOURNEYS}


def _share(journey: str, value: float, why: str) -> Figure:
    return Figure(f"journeys.{journey}", value, "assumed", why)
