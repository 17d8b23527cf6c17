"""What comes after the events, written once in Ibis: events become sessions, sessions the few tables of a result.

Nothing here asks for a DuckDB: a shop with terabytes hands its own table with the columns of `buckets.EVENTS` to
`all_tables` on the engine that holds its logs. Doorbuster compiles it to SQL once and runs that a bucket at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import ibis
from ibis import _

from doorbuster.importers.log import what
from doorbuster.importers.log.platform import OTHER
from doorbuster.vocabulary import JOURNEYS, STEPS

EVENT_TYPES: Final = dict.fromkeys(("visitor", "client", "start_us", "took_us", "what"), "int64")
NEVER_REACHED: Final = (400, 401, 403, 404, 405, 410)
"""A step answered like this was not taken: a wrong link, a stranger at the door, a scanner's guess."""
_FAILED: Final = 400
"""From this status on nothing went into a cart and nothing was bought; for looking at a page any answer will do."""
CRAWLER_PAGES: Final = 20
CRAWLER_GAP_US: Final = 1_000_000
TIRELESS_PAGES: Final = 100
"""In one session without a cart: hardly a shopper. Where they pause and no static is logged, none can be told."""
_TURN_BITS: Final = 37
_TURN: Final = 1 << _TURN_BITS
"""Above every request time: none is longer than a day (`sink.MOST_TOOK_US`)."""
MINUTE_US: Final = 60_000_000
ANSWERS: Final = len(JOURNEYS) * what.ANSWER
"""Of what `said` gives as one number: it groups faster than three."""
THINK_US: Final = 100_000
"""Think times are counted in tenths of a second."""


def bits(*beginnings: str) -> int:
    """A mask of the steps that begin so, e.g. `checkout.`."""
    return sum(1 << number for number, step in enumerate(STEPS) if step.startswith(beginnings))


BOUGHT_NATIVE, BOUGHT_WALLET = bits("checkout.complete"), bits("wallet.complete")
WALLET, CHECKOUT, CART = bits("wallet."), bits("checkout."), bits("cart.add", "cart.update", "cart.discount")
TRIED_CART, TRIED_NATIVE, TRIED_WALLET = (1 << len(STEPS) + number for number in range(3))
"""Bits above the steps': calls that fill a cart or complete a purchase, and were refused or broke."""
_TRIES: Final = {CART: TRIED_CART, BOUGHT_NATIVE: TRIED_NATIVE, BOUGHT_WALLET: TRIED_WALLET}
_TRADE: Final = bits("cart.", "checkout.", "wallet.", "order.") | sum(_TRIES.values())


@ibis.udf.agg.builtin(name="bit_or")  # type: ignore[untyped-decorator]  # Ibis ships no types
def _any_bit(mask: int) -> int:  # type: ignore[empty-body]  # the engine's own has one
    """By name, because Ibis has no `bit_or` for PySpark; DuckDB and Spark both do."""


def all_tables(
    events: Any, statics: Any, idle_us: int, *, others: bool, statics_logged: bool, kept: Callable[[str, Any], Any]
) -> dict[str, Any]:
    """The tables of `tables` from `events` (columns of `buckets.EVENTS`, the loose ones stitched).

    `statics`: `visitor`, once or more, of those who fetched a static file, the client where that showed no cookie;
    asked only if `statics_logged`. `others`: some events are pages that no rule knows. `kept(name, expression)` makes a
    table of a result that is used more than once and hands it back.
    """
    walks = kept("walks", numbered(kept("followed", followed(events, others=others)), idle_us, others=others))
    by_visit = kept("sessions", sessions(walks))
    crawlers = kept("robots", robots(by_visit, events, statics, statics_logged=statics_logged))
    people = kept("shoppers", shoppers(by_visit, crawlers))
    steps = kept("taken", taken(walks, people))
    return tables(by_visit, crawlers, people, steps, kept("said", said(steps)))


def followed(events: Any, *, others: bool) -> Any:
    """Events and what came before each: `last_us` and `last_turn`, null for a visitor's first.

    The one sort of all events: it carries no column that it does not need. `others`: as in `numbered`, which then sorts
    once more.
    """
    # Step and request time in one: two lines of one microsecond come out the same on every engine.
    narrow = events.select("visitor", "start_us", "what", turn=what.step(_.what) * _TURN + _.took_us)
    along = ibis.window(group_by="visitor", order_by=["start_us", "turn"])
    lagged = narrow.mutate(last_us=_.start_us.lag().over(along), last_turn=_.turn.lag().over(along))
    return lagged if others else lagged.drop("turn")


def numbered(followed: Any, idle_us: int, *, others: bool) -> Any:
    """`followed` as events with `visit`, 1 for a visitor's first session, and with `prev_step` and `think_us`, which a
    session's first event lacks.

    `others`: some events are pages that no rule knows. They keep a session alive, but nobody's think time is measured
    against them.
    """
    opens = _.last_us.notnull() & (_.start_us - _.last_us > idle_us)
    # Few visitors come twice: their later sessions are joined on, and the others are not sorted once more.
    again = ibis.window(group_by="visitor", order_by="from_us")
    later = followed.filter(opens).select("visitor", from_us=_.start_us)
    later = later.mutate(until_us=_.from_us.lead().over(again), turn=ibis.row_number().over(again) + 2)
    within = [
        followed.visitor == later.visitor,
        followed.start_us >= later.from_us,
        later.until_us.isnull() | (followed.start_us < later.until_us),
    ]
    visits = followed.left_join(later, within).select(
        *(followed[name] for name in followed.columns), visit=ibis.coalesce(later.turn, 1).cast("int32")
    )
    if others:
        return _without_others(visits)
    # Null for a visitor's first event too, which has no time to compare.
    last_turn = ibis.ifelse(_.start_us - _.last_us <= idle_us, _.last_turn, ibis.null("int64"))
    known = visits.mutate(last_turn=last_turn)
    return known.select(
        "visitor", "start_us", "what", "visit", prev_step=_.last_turn >> _TURN_BITS,
        think_us=_.start_us - _.last_us - (_.last_turn & (_TURN - 1)),
    )  # fmt: skip


def _without_others(visits: Any) -> Any:
    plain = visits.drop("last_us", "last_turn")
    within = ibis.window(group_by=["visitor", "visit"], order_by=["start_us", "turn"])
    known = plain.filter(what.step(_.what) != OTHER).mutate(
        prev_step=_.turn.lag().over(within) >> _TURN_BITS,
        think_us=_.start_us - (_.start_us + (_.turn & (_TURN - 1))).lag().over(within),
    )
    rest = plain.filter(what.step(_.what) == OTHER).mutate(prev_step=ibis.null("int64"), think_us=ibis.null("int64"))
    return known.union(rest).drop("turn")


def sessions(walks: Any) -> Any:
    """One row a session of `numbered`: when, how far (`mask`, a bit a step), its journey (an index into JOURNEYS)."""
    step, status = what.step(walks.what), what.status(walks.what)
    missed = status.isin(NEVER_REACHED) | (step == OTHER)
    taken = (ibis.literal(1, "int32") << step.cast("int32")).cast("int32")
    tries = [
        (
            (status >= _FAILED) & step.isin([at for at in range(len(STEPS)) if calls >> at & 1]),
            ibis.literal(tried, "int32"),
        )
        for calls, tried in _TRIES.items()
    ]
    # Nearly all events are a step that was answered well: that is asked first.
    bit = ibis.cases(
        ((status < _FAILED) & (step != OTHER), taken), (missed, ibis.literal(0, "int32")), *tries, else_=taken
    )
    steps = walks.group_by("visitor", "visit").agg(
        start_us=_.start_us.min(),
        end_us=_.start_us.max(),
        pages=_.count(),
        known=(step != OTHER).cast("int32").sum().cast("int32"),
        mask=_any_bit(bit),
        adds=((step == STEPS.index("cart.add")) & (status < 400)).cast("int32").sum().cast("int32"),
    )
    return steps.mutate(journey=_journey())


def robots(sessions: Any, events: Any, statics: Any, *, statics_logged: bool) -> Any:
    """Visitors who are crawlers in browser clothes: many pages, never a cart, no pause or no static file."""
    suspects = sessions.filter((_.pages >= CRAWLER_PAGES) & ((_.mask & _TRADE) == 0))
    found = suspects.filter(_.end_us - _.start_us < (_.pages - 1) * CRAWLER_GAP_US).select("visitor")
    if statics_logged:
        # Static files are often served or logged without the cookie: their client stands for all its visitors.
        who = events.semi_join(suspects, "visitor").select("visitor", "client").distinct()
        by_client = who.semi_join(statics.select(client=_.visitor), "client").select("visitor")
        fetched = who.semi_join(statics, "visitor").select("visitor").union(by_client)
        found = found.union(suspects.anti_join(fetched, "visitor").select("visitor"))
    return found.distinct()


def shoppers(sessions: Any, robots: Any) -> Any:
    """The sessions of people."""
    return sessions.anti_join(robots, "visitor")


def taken(walks: Any, shoppers: Any) -> Any:
    """The steps of people, each with its session's journey."""
    of = shoppers.select("visitor", "visit", "journey")
    return walks.join(of, ["visitor", "visit"]).select("start_us", "what", "prev_step", "think_us", "journey")


def said(taken: Any) -> Any:
    """`answer` of each step taken: its minute since 1970, journey and `what.ANSWER` as one number."""
    answer = _.start_us // MINUTE_US * ANSWERS + _.journey * what.ANSWER + (_.what & (what.ANSWER - 1))
    return taken.filter(what.step(_.what) != OTHER).select(answer=answer)


def _journey() -> Any:
    """How far it got: who bought says so; else the furthest part of the shop. Numbers are indexes into JOURNEYS."""

    def any_of(mask: int) -> Any:
        return (_.mask & mask) != 0

    return ibis.cases(
        (any_of(BOUGHT_WALLET), 3), (any_of(BOUGHT_NATIVE), 2), (any_of(WALLET | TRIED_WALLET), 3),
        (any_of(CHECKOUT | TRIED_NATIVE), 2), (any_of(CART), 1), else_=0,
    ).cast("int64")  # fmt: skip


def tables(sessions: Any, robots: Any, shoppers: Any, taken: Any, said: Any) -> dict[str, Any]:
    """The small tables that a result is made of, each to be added up over buckets."""
    step = what.step(_.what)
    known = taken.filter(step != OTHER)
    tireless = (_.pages >= TIRELESS_PAGES) & ((_.mask & _TRADE) == 0)
    return {
        "minutes": shoppers.group_by(minute=(_.start_us // MINUTE_US * 60), journey=_.journey).agg(sessions=_.count()),
        "masks": shoppers.group_by("mask", "journey").agg(
            sessions=_.count(), pages=_.pages.sum(), adds=_.adds.sum(), returning=(_.visit > 1).cast("int64").sum(),
            span_us=(_.end_us - _.start_us).sum(), blind=(_.known == 0).cast("int64").sum(),
            tireless=tireless.cast("int64").sum(), tireless_pages=ibis.ifelse(tireless, _.pages, 0).sum(),
        ),
        "crawlers": sessions.semi_join(robots, "visitor").agg(sessions=_.count(), pages=_.pages.sum().coalesce(0)),
        "thinks": known.filter(_.think_us.notnull()).group_by(
            step=step, tenths=(ibis.greatest(_.think_us, 0) // THINK_US).cast("int32")
        ).agg(count=_.count()),
        "moves": known.group_by(prev_step=_.prev_step, step=step).agg(count=_.count()),
        "products": known.filter((what.product(_.what) >= 0) & (what.status(_.what) < 400)).group_by(
            product=what.product(_.what)
        ).agg(views=_.count()),
        "answers": said.group_by("answer").agg(count=_.count()),
        "unknown": taken.filter(step == OTHER).agg(count=_.count()),
    }  # fmt: skip


def compiled(expression: Any) -> str:
    """As DuckDB's SQL."""
    return str(ibis.to_sql(expression, dialect="duckdb"))
