"""What makes sessions of what was counted, and shares of sessions of an export's funnel."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from doorbuster.importers import published
from doorbuster.importers.imported import Figure, Finding, ImportedCurve, Window

_FUNNEL: Final = ("cart_sessions", "checkout_sessions", "buying_sessions")
_ENOUGH: Final = 1000
"""Sessions in the window from which on its own mix is taken, rather than the whole file's."""


def conversion_for(curve: ImportedCurve, given: float | None) -> Figure | None:
    """Orders a session: given, measured where the file has both, else published where the curve counts orders."""
    if given is not None:
        return Figure("traffic.conversion", given, "given", "--conversion or the field map")
    orders = curve.counts.get("buying_sessions", curve.counts.get("orders"))
    if curve.leading == "sessions" and orders is not None:
        of = float(np.nansum(curve.count))
        bought = float(np.nansum(np.where(np.isnan(curve.count), 0, orders)))
        return share("traffic.conversion", bought, of, "sessions bought") if 0 < bought <= of else None
    return published.CONVERSION if curve.leading == "orders" else None


def requests_per_session_for(curve: ImportedCurve, given: float | None) -> Figure | None:
    """Only where the curve counts requests."""
    if curve.leading != "requests":
        return None
    if given is not None:
        return Figure("requests a session", given, "given", "--requests-per-session or the field map")
    return published.REQUESTS_PER_SESSION


def share(name: str, part: float, of: float, words: str) -> Figure:
    """A measured share with Wilson's 95 % interval (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    p, z2 = part / of, 1.96**2
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    reach = 1.96 * math.sqrt(p * (1 - p) / of + z2 / (4 * of**2)) / (1 + z2 / of)
    return Figure(
        name, p, "measured", f"{part:,.0f} of {of:,.0f} {words}", max(0.0, middle - reach), min(1.0, middle + reach)
    )


def mix_of(curve: ImportedCurve, window: Window) -> tuple[dict[str, Figure], tuple[Figure, ...], list[Finding]]:
    """Measured shares (journey, or `buying` for native and wallet together), the funnel, and what was odd."""
    if curve.leading != "sessions":
        return {}, (), []
    cut, where = slice(window.first, window.last), "in the window"
    if np.nansum(curve.count[cut]) < _ENOUGH:
        cut, where = slice(None), "in the file"
    of = float(np.nansum(curve.count[cut]))
    reached = {key: float(np.nansum(curve.counts[key][cut])) for key in _FUNNEL if key in curve.counts}
    if "orders" in curve.counts:
        reached.setdefault("buying_sessions", float(np.nansum(curve.counts["orders"][cut])))
    words = f"sessions {where}"
    funnel = tuple(share(key.replace("_", " "), part, of, words) for key, part in reached.items() if part <= of)
    if reached and max(reached.values()) > of:
        told = "more sessions reached the cart or bought than there were sessions: the mix is assumed"
        return {}, funnel, [Finding("mix", told, True)]
    # A count of zero is a counter that does not count: nobody's share is printed as if it had been measured.
    names = {"cart_sessions": "added to a cart", "checkout_sessions": "reached checkout", "buying_sessions": "bought"}
    zero = [names[key] for key, part in reached.items() if part == 0]
    never = [Finding("mix", f"no session {name} in this file: the share is assumed, not zero", True) for name in zero]
    if never:
        return {}, funnel, never
    return _shares(reached, of, words), funnel, _left_at_checkout(reached, words)


def _shares(reached: dict[str, float], of: float, words: str) -> dict[str, Figure]:
    mix: dict[str, Figure] = {}
    bought, cart = reached.get("buying_sessions"), reached.get("cart_sessions")
    if bought is not None:
        mix["buying"] = share("journeys.buying", bought, of, f"{words} bought")
    if cart is not None:
        mix["browse"] = share("journeys.browse", of - max(cart, bought or 0), of, f"{words} filled no cart")
    if cart is not None and bought is not None:
        left = f"{words} filled a cart and did not buy"
        mix["cart"] = share("journeys.cart", max(0.0, cart - bought), of, left)
    return mix


def _left_at_checkout(reached: dict[str, float], words: str) -> list[Finding]:
    checkout, bought = reached.get("checkout_sessions"), reached.get("buying_sessions")
    if checkout is None or bought is None:
        return []
    told = f"{checkout:,.0f} {words} reached checkout and {bought:,.0f} of them bought"
    return [Finding("mix", f"{told}; the others are rehearsed as carts that leave")]
