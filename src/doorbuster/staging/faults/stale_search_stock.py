"""Pages offer what is gone."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "stale_search_stock",
    "shop",
    "share",
    0.5,
    "A stock count finds this share of variants gone; all pages go on showing what was there before.",
    breaks="what search shows can be bought",
)
