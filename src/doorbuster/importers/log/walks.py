"""What comes after the events, written once in Ibis: events become sessions, sessions the few tables of a result.

Nothing here asks for a DuckDB: a shop with terabytes hands its own table with the columns of `buckets.EVENTS` to these
functions on the engine that holds its logs. Doorbuster compiles them to SQL once and runs them a bucket at a time.
"""

from __future__ import annotations

from typing import Any, Final

import ibis
from ibis import _

from doorbuster.importers.log.platform import OTHER
from doorbuster.vocabulary import STEPS

EVENT_TYPES: Final = {
    "visitor": "int64", "client": "int64", "named": "boolean", "start_us": "int64", "took_us": "int64",
    "latency": "int16", "step": "int16", "status": "int16", "product": "int32",
}  # fmt: skip
NEVER_REACHED: Final = (400, 401, 403, 404, 405, 410)
"""A step answered like this was not taken: a wrong link, a stranger at the door, a scanner's guess."""
CRAWLER_PAGES: Final = 20
CRAWLER_GAP_US: Final = 1_000_000
MINUTE_US: Final = 60_000_000
THINK_US: Final = 100_000
"""Think times are counted in tenths of a second."""


def bits(*beginnings: str) -> int:
    """A mask of the steps that begin so, e.g. `checkout.`."""
    return sum(1 << number for number, step in enumerate(STEPS) if step.startswith(beginnings))


BOUGHT_NATIVE, BOUGHT_WALLET = bits("checkout.complete"), bits("wallet.complete")
WALLET, CHECKOUT, CART = bits("wallet."), bits("checkout."), bits("cart.add", "cart.update", "cart.discount")
_TRADE: Final = bits("cart.", "checkout.", "wallet.", "order.")


def numbered(events: Any, idle_us: int, *, others: bool) -> Any:
    """Events with `visit` (1 for a visitor's first session) and what came before: `prev_step`, `think_us` (null first).

    `others`: some events are pages that no rule knows. They keep a session alive, but nobody's think time is measured
    against them.
    """
    # All that `lag` hands on is in the key: two lines of one microsecond come out the same on every engine.
    order = ["start_us", "step", "took_us"]
    along = ibis.window(group_by="visitor", order_by=order)
    so_far = ibis.window(group_by="visitor", order_by=order, preceding=None, following=0)
    known = events.mutate(
        last_us=_.start_us.lag().over(along),
        last_step=_.step.lag().over(along),
        last_end_us=(_.start_us + _.took_us).lag().over(along),
    )
    opened = known.mutate(opens=_.last_us.isnull() | (_.start_us - _.last_us > idle_us))
    visits = opened.mutate(visit=_.opens.cast("int32").sum().over(so_far).cast("int32"))
    if others:
        visits = visits.drop("last_step", "last_end_us")
        steps = visits.filter(_.step != OTHER)
        within = ibis.window(group_by=["visitor", "visit"], order_by=order)
        steps = steps.mutate(
            last_step=_.step.lag().over(within), last_end_us=(_.start_us + _.took_us).lag().over(within)
        )
        rest = visits.filter(_.step == OTHER).mutate(last_step=ibis.null("int16"), last_end_us=ibis.null("int64"))
        visits = steps.union(rest)
        unknown: Any = _.last_step.isnull()
    else:
        unknown = _.opens
    return visits.mutate(
        prev_step=ibis.ifelse(unknown, ibis.null("int16"), _.last_step),
        think_us=ibis.ifelse(unknown, ibis.null("int64"), _.start_us - _.last_end_us),
    ).select("visitor", "visit", "start_us", "took_us", "latency", "step", "status", "product", "prev_step", "think_us")


def sessions(walks: Any, statics: Any, *, statics_logged: bool) -> Any:
    """One row a session: when, how far (`mask`, a bit a step), its journey; `robot`: a crawler in browser clothes."""
    missed = walks.status.isin(NEVER_REACHED) | (walks.step == OTHER)
    reached = ibis.ifelse(
        missed, ibis.literal(0, "int32"), (ibis.literal(1, "int32") << walks.step.cast("int32")).cast("int32")
    )
    steps = walks.group_by("visitor", "visit").agg(
        start_us=_.start_us.min(),
        end_us=_.start_us.max(),
        pages=_.count(),
        known=(_.step != OTHER).cast("int32").sum().cast("int32"),
        mask=reached.bit_or(),
        adds=((_.step == STEPS.index("cart.add")) & (_.status < 400)).cast("int32").sum().cast("int32"),
    )
    seen = statics.mutate(fetched=ibis.literal(True))
    joined = steps.left_join(seen, "visitor").drop("visitor_right") if statics_logged else steps.mutate(fetched=True)
    hurried = _.end_us - _.start_us < (_.pages - 1) * CRAWLER_GAP_US
    crawls = (_.pages >= CRAWLER_PAGES) & ((_.mask & _TRADE) == 0) & (_.fetched.isnull() | hurried)
    judged = joined.mutate(crawls=crawls.cast("int32"))
    robots = judged.group_by("visitor").agg(robot=_.crawls.max())
    return judged.join(robots, "visitor").mutate(journey=_journey()).drop("fetched", "crawls")


def _journey() -> Any:
    """How far it got: who bought says so; else the furthest part of the shop. Numbers are indexes into JOURNEYS."""

    def any_of(mask: int) -> Any:
        return (_.mask & mask) != 0

    return ibis.cases(
        (any_of(BOUGHT_WALLET), 3), (any_of(BOUGHT_NATIVE), 2), (any_of(WALLET), 3), (any_of(CHECKOUT), 2),
        (any_of(CART), 1), else_=0,
    ).cast("int8")  # fmt: skip


def tables(walks: Any, found: Any) -> dict[str, Any]:
    """The small tables that a result is made of, each to be added up over buckets. `found`: the rows of `sessions`."""
    shoppers = found.filter(_.robot == 0)
    steps = walks.join(shoppers.select("visitor", "visit", "journey"), ["visitor", "visit"])
    known = steps.filter(_.step != OTHER)
    return {
        "minutes": shoppers.group_by(minute=(_.start_us // MINUTE_US * 60), journey=_.journey).agg(sessions=_.count()),
        "masks": shoppers.group_by("mask", "journey").agg(
            sessions=_.count(), pages=_.pages.sum(), adds=_.adds.sum(), returning=(_.visit > 1).cast("int64").sum(),
            span_us=(_.end_us - _.start_us).sum(), blind=(_.known == 0).cast("int64").sum(),
        ),
        "crawlers": found.filter(_.robot == 1).group_by("robot").agg(sessions=_.count(), pages=_.pages.sum()),
        "thinks": known.filter(_.think_us.notnull()).group_by(
            step=_.step, tenths=(ibis.greatest(_.think_us, 0) // THINK_US).cast("int32")
        ).agg(count=_.count()),
        "moves": known.group_by("prev_step", "step").agg(count=_.count()),
        "products": known.filter((_.product >= 0) & (_.status < 400)).group_by("product").agg(views=_.count()),
        "answers": known.group_by(
            minute=(_.start_us // MINUTE_US * 60), journey=_.journey, step=_.step, status=_.status, latency=_.latency
        ).agg(count=_.count()),
        "unknown": steps.filter(_.step == OTHER).group_by("step").agg(count=_.count()),
    }  # fmt: skip


def compiled(expression: Any) -> str:
    """As DuckDB's SQL."""
    return str(ibis.to_sql(expression, dialect="duckdb"))
