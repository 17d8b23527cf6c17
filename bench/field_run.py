"""One rehearsal in which shoppers collide on a live engine, laid beside the engine's own database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from field_books import FIELDS, number, version
from jinja2 import Environment, StrictUndefined
from tests.live.engine import Engine, Running
from tests.live.rehearsed import doorbuster

from doorbuster.storefronts.people import intent_in

SCENARIO = Path(__file__).with_name("field_scenario.toml.j2")
SCARCE_UNITS = 5
COUPON_LIMIT = 5
ARRIVE_S = 25


class Collision(NamedTuple):
    """What shoppers collide on."""

    name: str
    sentence: str
    scarce: bool = False
    double_submit: float = 0.0
    coupon_share: float = 0.0


COLLISIONS = (
    Collision("last-units", f"Everybody wants one product, and there are {SCARCE_UNITS} of it.", scarce=True),
    Collision("double-submit", "Everybody clicks twice to buy.", double_submit=1.0),
    Collision("shared-coupon", f"Everybody has one code, and it is good for {COUPON_LIMIT} orders.", coupon_share=1.0),
)


class Finding(NamedTuple):
    """A promise, what became of it (None: cannot tell), and its sentence."""

    promise: str
    kept: bool | None
    sentence: str


@dataclass(frozen=True)
class Told:
    """One run: what its shoppers saw, what the engine's database has, what the promises said."""

    engine: str
    version: str
    collision: str
    refused: tuple[str, ...]
    """Why earlier tries were no rehearsals; each began with a fresh engine."""
    sessions: int
    ended: Mapping[str, int]
    """How sessions ended: outcome to their number."""
    steps: Mapping[str, int]
    """`step outcome` to how often, those that went well left out."""
    said: Mapping[str, int]
    """What the shop said to those that failed: `step outcome: detail` to how often."""
    seen: int
    """Sessions whose page confirmed an order."""
    found: int
    """Of these, orders that the database has with the same total and currency."""
    booked: int
    """Orders that came into the database."""
    twice: int
    """Purchase intents with more than one of these."""
    unpaid: int
    """Of these orders, those for which not exactly their total was taken."""
    had: int
    """Units of the product on the shelf before."""
    sold: int
    """Units of it in orders that are not cancelled, paid or not."""
    shelf: int
    """Units on the shelf afterwards, by the engine's count, those set aside included."""
    aside: int
    """Units set aside for orders, by the engine's count."""
    used: int
    """Orders with the code."""
    counted: int
    """Uses as the engine counts them."""
    findings: tuple[Finding, ...]


class Refused(NamedTuple):
    """Runs that were no rehearsals, and why: of one try, or of all."""

    engine: str
    collision: str
    why: tuple[str, ...]


def collide(
    engine: Engine, running: Running, collision: Collision, work: Path, refused: tuple[str, ...]
) -> Told | Refused:
    """Run and audit it on a fresh engine, by the command line."""
    field = FIELDS[engine.name]
    path = write_scenario(engine, running, collision, work)
    had = running.read_books()
    done = doorbuster("run", path, "--target", running.base_url, "--runs", work / "runs", env=running.env)
    if done.returncode:
        said = next((line for line in done.stdout.splitlines() if "INVALID" in line), done.stdout + done.stderr)
        return Refused(engine.name, collision.name, (*refused, said.strip()))
    run = Path(done.stdout.strip().splitlines()[-1])
    audited = doorbuster("audit", run, env=running.env)
    catalogue = pd.read_parquet(run / "catalogue.parquet").set_index("product")
    wanted = field.scarce if collision.scarce else field.plenty
    variant = str(catalogue.loc[wanted, "variant"])
    booked = running.read_books().orders
    sessions = pd.read_parquet(run / "sessions.parquet")
    seen = sessions[sessions.order_id.notna()]
    intents = Counter(intent_in(order.email) for order in booked.values())
    (sold,) = number(running.sql, field.sold.format(variant=variant))
    shelf, aside = number(running.sql, field.shelf.format(variant=variant))
    used, counted = number(running.sql, field.used.format(code=field.code))
    if not (run / "audit.json").is_file():
        raise RuntimeError(f"{engine.name}, {collision.name}: no audit: {audited.stdout}{audited.stderr}")
    return Told(
        engine.name,
        version(engine.name),
        collision.name,
        refused,
        len(sessions),
        Counter(sessions.outcome.fillna("lost")),
        steps_of(pd.read_parquet(run / "latency.parquet")),
        said_of(pd.read_parquet(run / "facts.parquet")),
        len(seen),
        sum(
            (order := booked.get(row.order_id)) is not None
            and (order.total_minor, order.currency) == (row.total_minor, row.currency)
            for row in seen.itertuples()
        ),
        len(booked),
        sum(count > 1 for count in intents.values()),
        sum(not order.paid for order in booked.values()),
        had.stock[variant],
        sold,
        shelf,
        aside,
        used,
        counted,
        findings_of(json.loads((run / "audit.json").read_text())),
    )


def steps_of(latency: pd.DataFrame) -> dict[str, int]:
    """`step outcome` to how often, most often first; a run records each step on two clocks."""
    bad = latency[(latency.clock == "service") & (latency.outcome != "ok")]
    counts = bad.groupby(["step", "outcome"])["count"].sum().sort_values(ascending=False)
    return {f"{step} {outcome}": int(count) for (step, outcome), count in counts.items()}


def said_of(facts: pd.DataFrame) -> dict[str, int]:
    """`step outcome: detail` to how often, most often first."""
    failed = facts[(facts.witness == "shopper") & (facts.kind == "step_failed")].detail.map(json.loads)
    return dict(Counter(f"{one['step']} {one['outcome']}: {one['detail']}" for one in failed).most_common())


def findings_of(audit: Mapping[str, Any]) -> tuple[Finding, ...]:
    return tuple(Finding(one["promise"], one["kept"], one["sentence"]) for one in audit["promises"])


def write_scenario(engine: Engine, running: Running, collision: Collision, work: Path) -> Path:
    """The scenario in `work`, with an even curve and the one code."""
    field = FIELDS[engine.name]
    shown = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    path = work / f"{engine.name}-{collision.name}.toml"
    path.write_text(
        shown.from_string(SCENARIO.read_text(encoding="utf-8")).render(
            sentence=collision.sentence,
            collision=collision.name,
            product=field.scarce if collision.scarce else field.plenty,
            double_submit=collision.double_submit,
            coupon_share=collision.coupon_share,
            platform=engine.platform,
            options={name: json.dumps(value) for name, value in running.options.items()},
        )
    )
    rows = [f"2025-11-28 20:00:{second:02d},{field.sessions_per_s}" for second in range(ARRIVE_S)]
    (work / "curve.csv").write_text("\n".join(["time,sessions", *rows]) + "\n")
    (work / "coupons.csv").write_text(f"code\n{field.code}\n")
    return path
