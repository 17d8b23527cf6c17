"""Every sale has its receipt from the fiscal register, one and over its amount, also when the register was away."""

from __future__ import annotations

from typing import Final

from doorbuster.promises.fact import Finding
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.sales_told import check_told

PROMISE: Final = "every sale is registered once"


def check(ledger: Ledger) -> Finding:
    """Each paid order must be registered, once; `numbers` as in `sales_told`."""
    return check_told(ledger, PROMISE, "register", "registered")
