"""How long the audit of a peak takes, and in how much memory: a run directory of a million sessions, made here.

    python bench/audit_speed.py [--sessions 1000000] [--buying 0.04] [--spoilt 0.001]

By default as many buy as in scenarios/black-friday.toml, and as many leave a cart; each purchase leaves ten facts, a
cart that was left with an e-mail four, each failed step one. `--buying 0.4` is far more than any shop sees.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from doorbuster.audit.audit import audit_run
from doorbuster.audit.told import audit_text
from doorbuster.audit.written import write_audit
from doorbuster.record.directory import RunDirectory

AT_ONCE = 50_000
VARIANTS = 2_000
LEAVING = 0.19
MAIL = {"channel": "email", "purpose": "confirmation", "cart": None}
CHOSEN = {"option": "standard", "shipping_minor": 490}
PACE = {"cart.add": 50.0, "cart.view": 40.0}
NOON_UNIX_US = 1_795_777_200_000_000


def make_run(folder: Path, sessions: int, spoilt: float, buying: float = 0.04) -> None:
    """A clean run, but for a share of purchases whose order is missing."""
    directory = RunDirectory(folder)
    directory.begin_tables()
    spoil_every = round(1 / spoilt) if spoilt else 0
    sold = [0] * VARIANTS
    for first in range(0, sessions, AT_ONCE):
        facts, rows = [], []
        for session in range(first, min(first + AT_ONCE, sessions)):
            at_us = session * 3_600
            buys = session % 100 < 100 * buying
            intent = f"2026-{session:09d}" if buys else None
            rows.append(
                {
                    "session": session,
                    "journey": "native_checkout" if buys else "browse",
                    "intent": intent,
                    "due_us": at_us,
                    "started_us": at_us,
                    "ended_us": at_us + 1,
                    "outcome": "ok",
                    "last_step": "home",
                    "products": [],
                    "patience_s": 30.0,
                    "worker": "w0",
                }
            )
            if intent is not None:
                kept = not spoil_every or session % spoil_every
                facts += purchase(session, intent, at_us, bool(kept))
                if kept:
                    sold[session % VARIANTS] += 1
                    sold[(session + 7) % VARIANTS] += 2
            elif session % 100 >= 100 - 100 * LEAVING:
                facts += left_cart(session, at_us)
            elif session % 20 == 4:
                facts.append(
                    one("shopper", "step_failed", at_us, {"step": "search", "outcome": "error"}, session=session)
                )
        directory.write_rows("facts", facts, f"{first:09d}")
        directory.write_rows("sessions", rows, f"{first:09d}")
    stock = [
        one("shop", "stock", None, {"variant": f"variant-{number}", "initial": units + 5, "units": 5})
        for number, units in enumerate(sold)
    ]
    coupon = one("shop", "coupon", None, {"code": "BF25", "limit": sessions, "used": 0})
    told = one("shop", "contacts_read", 48 * 3_600_000_000, {})
    tax = one("shop", "tax_rate", None, {"region": "AT", "percent": 20})
    books = [one(witness, "books_read", None, {}) for witness in ("shop", "gateway", "analytics", "mailbox", "erp")]
    directory.write_rows("facts", [*stock, coupon, told, tax, *books], "read-back")
    directory.write_run(
        {"format": 1, "id": "speed", "complete": True, "closed": True, "read_back": {"done": True, "why": None}}
    )


def purchase(session: int, intent: str, at_us: int, kept: bool) -> list[dict[str, object]]:
    order_id = f"DB-{session:07d}"
    detail = {
        "items_minor": 5000, "discount_minor": 500, "shipping_minor": 490, "tax_minor": 998, "total_minor": 5988,
        "codes": ["WELCOME10"], "channel": "native", "region": "AT", "shipping": "standard", "cart": f"c-{session}",
        "lines": [
            {"variant": f"variant-{session % VARIANTS}", "quantity": 1, "price_minor": 2000},
            {"variant": f"variant-{(session + 7) % VARIANTS}", "quantity": 2, "price_minor": 1500},
        ],
    }  # fmt: skip
    pay = {"payment": f"pay_{session}"}
    facts = [
        one("gateway", kind, at_us + 200, pay, intent=intent, amount_minor=5988) for kind in ("authorised", "captured")
    ]
    if kept:
        named = {"intent": intent, "order_id": order_id, "amount_minor": 5988}
        seen = {"step": "checkout.complete", "quoted_minor": 5988}
        facts += [
            one("shop", "order", at_us + 100, detail, **named),
            one("shopper", "order_seen", at_us + 400, seen, session=session, **named),
            one("analytics", "purchase_event", at_us + 300_000, {}, order_id=order_id, amount_minor=5988),
            one(
                "mailbox", "confirmation", at_us + 400_000, {**MAIL, "person": intent}, intent=intent, order_id=order_id
            ),
            one("erp", "sale_booked", at_us + 500_000, {"sale": order_id}, order_id=order_id, amount_minor=5988),
            one(
                "register",
                "sale_registered",
                at_us + 300_000,
                {"receipt": session},
                order_id=order_id,
                amount_minor=5988,
            ),
            one("shopper", "shipping_chosen", at_us + 90, CHOSEN, session=session, intent=intent, order_id=order_id),
            one(
                "shopper",
                "cart_seen",
                at_us + 50,
                {"cart": f"c-{session}", "pace_ms": PACE},
                session=session,
                intent=intent,
            ),
        ]
    return facts


def left_cart(session: int, at_us: int) -> list[dict[str, object]]:
    """Who left an e-mail and a full cart, and the two reminders."""
    cart = f"c-{session}"
    left_unix_us = NOON_UNIX_US + at_us
    contact = {"cart": cart, "person": cart, "zone": "Europe/Madrid", "since_unix_us": left_unix_us}
    mail = {**MAIL, "purpose": "reminder", "cart": cart, "person": cart}
    return [
        one("shop", "contact", at_us, {**contact, "left_unix_us": left_unix_us}),
        *(one("mailbox", "reminder", at_us + after_s * 1_000_000, mail) for after_s in (1800, 14_400)),
        one("shopper", "cart_seen", at_us, {"cart": cart, "pace_ms": PACE}, session=session),
    ]


def one(witness: str, kind: str, at_us: int | None, detail: object, **said: object) -> dict[str, object]:
    return {"at_us": at_us, "witness": witness, "kind": kind, "currency": "EUR", "detail": json.dumps(detail), **said}


def audit(run: Path) -> None:
    """The audit alone, in a process of its own, so that its memory is its own."""
    began_s = time.perf_counter()
    audited = audit_run(run)
    write_audit(RunDirectory(run), audited)
    took_s = time.perf_counter() - began_s
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(audit_text(audited))
    print(f"audit: {took_s:.1f} s, {megabytes:,.0f} MB at most")
    sys.exit(took_s > 30 or megabytes > 2048)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--spoilt", type=float, default=0.001, help="Share of sessions, where they buy, without order.")
    parser.add_argument("--buying", type=float, default=0.04, help="Share of sessions that buy.")
    parser.add_argument("--audit", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.audit:
        audit(given.audit)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run.mkdir()
        make_run(run, given.sessions, given.spoilt, given.buying)
        sys.exit(subprocess.run([sys.executable, __file__, "--audit", str(run)], check=False).returncode)


if __name__ == "__main__":
    main()
