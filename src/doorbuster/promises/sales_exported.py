"""Every sale reaches the ERP, once and with its amount, also when the exchange was away for a while."""

from __future__ import annotations

from typing import Final

from doorbuster.promises.fact import Finding
from doorbuster.promises.ledger import Ledger
from doorbuster.promises.sales_told import check_told

PROMISE: Final = "every sale reaches the ERP once"


def check(ledger: Ledger) -> Finding:
    """Each paid order must be booked, once; `numbers` as in `sales_told`."""
    return check_told(ledger, PROMISE, "erp", "booked")
