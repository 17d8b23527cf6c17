"""What is known of shoppers who vanished with their worker: all that the plan says, and that they had come in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from doorbuster.record.tables import SESSIONS
from doorbuster.traffic.plan import Plan
from doorbuster.traffic.visit import Visits
from doorbuster.vocabulary import ARMS, JOURNEYS


def lost_sessions(plan: Plan, visits: Sequence[Visits], inside: Sequence[tuple[int, int]]) -> dict[str, list[Any]]:
    """Rows of the table `sessions` by column, for (session, late_us) of those who were inside.

    `visits`: of each deployment, in the order of ARMS.
    """
    columns: dict[str, list[Any]] = {name: [] for name in SESSIONS.names if name != "worker"}
    for session, late_us in inside:
        due_us = int(plan.due_us[session])
        arm = plan.arm_index[session]
        visit = visits[arm].visit(session, JOURNEYS[plan.journey_index[session]])
        known: dict[str, Any] = {
            "session": session,
            "journey": visit.journey,
            "intent": visit.intent,
            "due_us": due_us,
            "started_us": due_us + late_us,
            "outcome": "lost",
            "products": [line.product.product for line in visit.lines],
            "coupon": visit.coupon,
            "patience_s": visit.patience_s,
            "arm": ARMS[arm],
        }
        for name, values in columns.items():
            values.append(known.get(name))
    return columns
