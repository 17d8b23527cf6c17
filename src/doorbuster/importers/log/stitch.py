"""First hits come before the cookie does: each is given to the visitor whose cookie its client shows next."""

from __future__ import annotations

from typing import Any, Final

import ibis
from ibis import _

SLACK_US: Final = 2_000_000
"""Clocks of whole seconds can put the hit with the cookie before the one that fetched it."""
PAIR_TYPES: Final = dict.fromkeys(("client", "visitor", "first_us", "last_us"), "int64")


def pairs(named: Any) -> Any:
    """Which visitor came from which client, and from when to when. `named`: the events that carried the cookie."""
    return named.group_by("client", "visitor").agg(first_us=_.start_us.min(), last_us=_.start_us.max())


def stitched(pairs: Any, loose: Any, idle_us: int) -> Any:
    """`loose` with `visitor` replaced where one is found: the client's next new cookie, else its one still at work.

    `loose` has the columns of `buckets.EVENTS` and holds the events without a cookie.
    """
    clients = pairs.group_by("client").agg(
        cookies=_.count(), owner=_.visitor.min(), first_us=_.first_us.min(), last_us=_.last_us.max()
    )
    # Nearly every client has one cookie: nothing has to be sorted to find whose its hits are.
    lone, shared = clients.filter(_.cookies == 1), clients.filter(_.cookies > 1)
    near = ibis.ifelse(
        _.start_us <= _.first_us + SLACK_US, _.first_us - _.start_us <= idle_us, _.start_us - _.last_us <= idle_us
    )
    told = loose.left_join(lone, "client").select(*loose.columns, owner=ibis.ifelse(near, _.owner, ibis.null("int64")))
    among = _among_several(pairs.semi_join(shared, "client"), loose.semi_join(shared, "client"), idle_us)
    found = told.left_join(among, ["client", "start_us"])
    return found.mutate(visitor=ibis.coalesce(_.owner, _.one_of_them, _.visitor)).select(*loose.columns)


def _among_several(pairs: Any, loose: Any, idle_us: int) -> Any:
    """`client`, `start_us` and `one_of_them`, null for none: whose the hits of clients with several cookies are."""
    # Two new cookies of one client in the same microsecond: any order will do, but the same on every engine.
    firsts = pairs.group_by("client", "first_us").agg(owner=_.visitor.min(), last_us=_.last_us.max())
    marks = firsts.select("client", at_us=_.first_us + SLACK_US, kind=ibis.literal(1, "int8"), first_us=_.first_us)
    hits = loose.select(
        "client", at_us=_.start_us, kind=ibis.literal(0, "int8"), first_us=ibis.null("int64")
    ).distinct()
    order = ["at_us", "kind"]
    after = ibis.window(group_by="client", order_by=order, preceding=0, following=None)
    before = ibis.window(group_by="client", order_by=order, preceding=None, following=0)
    lines = marks.union(hits).mutate(next_us=_.first_us.min().over(after), past_us=_.first_us.max().over(before))
    asked = lines.filter(_.kind == 0).select("client", "next_us", "past_us", start_us=_.at_us)
    coming = firsts.select("client", next_us=_.first_us, next_owner=_.owner)
    gone = firsts.select("client", past_us=_.first_us, past_owner=_.owner, past_last_us=_.last_us)
    answered = asked.left_join(coming, ["client", "next_us"]).select(*asked.columns, "next_owner")
    answered = answered.left_join(gone, ["client", "past_us"]).select(*answered.columns, "past_owner", "past_last_us")
    return answered.select(
        "client",
        "start_us",
        one_of_them=ibis.coalesce(
            ibis.ifelse(_.next_us - _.start_us <= idle_us, _.next_owner, ibis.null("int64")),
            ibis.ifelse(_.start_us - _.past_last_us <= idle_us, _.past_owner, ibis.null("int64")),
        ),
    )
