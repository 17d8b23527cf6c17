"""The shop answers out-of-office notes, which answer back."""

from __future__ import annotations

from doorbuster.staging.faults.fault import Fault

FAULT = Fault(
    "mail_loop",
    "shop",
    "",
    1,
    "The shop acknowledges every mail it gets, those of machines included.",
    breaks="no mail loops",
)
