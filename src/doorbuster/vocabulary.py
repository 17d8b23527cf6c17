"""One word for each thing: the journeys, steps and outcomes that every platform, file and chart shares."""

from __future__ import annotations

from typing import Final, Literal

JOURNEYS: Final[tuple[str, ...]] = ("browse", "cart", "native_checkout", "express_wallet")

STEPS: Final = (
    "home",
    "collection",
    "search",
    "product",
    "cart.create",
    "cart.add",
    "cart.update",
    "cart.discount",
    "cart.view",
    "checkout.start",
    "checkout.address",
    "checkout.shipping",
    "checkout.payment",
    "checkout.complete",
    "wallet.start",
    "wallet.update",
    "wallet.token",
    "wallet.complete",
    "order.read",
)

# A money step that timed out or answered 5xx may have charged the shopper: it is `unknown` and read back, never failed.
MONEY_STEPS: Final = frozenset({"checkout.payment", "checkout.complete", "wallet.complete"})

# Steps that touch a cart and nothing but the shop: who waits there in vain may have found it frozen.
CART_STEPS: Final = frozenset(
    {
        *("cart.create", "cart.add", "cart.update", "cart.discount", "cart.view"),
        *("checkout.start", "checkout.address", "checkout.shipping", "wallet.start", "wallet.update"),
    }
)

Outcome = Literal["ok", "rejected", "throttled", "conflict", "unknown", "error", "abandoned"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("ok", "rejected", "throttled", "conflict", "unknown", "error", "abandoned")

# What counts against an `error_rate` objective: the shop failed the shopper. A business rejection is the shop working,
# and an unknown is read back: its last `order.read` is an error when there is no order, so that it counts at most once.
FAILED_OUTCOMES: Final = frozenset({"throttled", "conflict", "error", "abandoned"})

# Whose time counts as a latency: answers, and what somebody waited for in vain. `analysis/measure.py` says why.
LATENCY_OUTCOMES: Final = ("ok", "rejected", "abandoned", "unknown")

# How a session can end: as its last telling step did, or cut off by the end of the run.
SESSION_OUTCOMES: Final = (*OUTCOMES, "in_flight", "lost")

# What became of arrivals and of the sessions they started: law 2 adds these up, exactly.
CONSERVATION: Final = (
    "planned",
    "started",
    "dropped_limit",
    "dropped_worker_lost",
    "not_reached",
    "finished",
    "abandoned",
    "in_flight",
    "lost",
)

# What each shopper is sent to: the release that is rehearsed, or last release's deployment walked beside it.
ARMS: Final = ("candidate", "control")
ARM, CONTROL = ARMS

Clock = Literal["service", "response"]
CLOCKS: Final[tuple[Clock, ...]] = ("service", "response")

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE", "INVALID"]
EXIT_CODES: Final[dict[str, int]] = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3, "INVALID": 4}
EXIT_USAGE: Final = 2
EXIT_INTERNAL: Final = 70
EXIT_INTERRUPTED: Final = 130
