"""Lists, newest first, and objects shown in full where a request says `expand[]`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from doorbuster.staging.stripe.form import Form
from doorbuster.staging.stripe.objects import Object, page_of
from doorbuster.staging.stripe.refusals import invalid, no_such
from doorbuster.staging.web import Call, Reply

_MOST: int = 100


def page_from(call: Call, url: str, rows: Sequence[Object]) -> Reply:
    """One page of rows that are kept oldest first. Raises StripeRefusal for a limit or cursor that is none."""
    limit = call.query_number("limit", 10)
    if not 1 <= limit <= _MOST:
        raise invalid("limit", f"limit must be from 1 to {_MOST}.", "parameter_invalid_integer")
    newest = list(reversed(rows))
    after, before = call.query("starting_after"), call.query("ending_before")
    places = {row["id"]: place for place, row in enumerate(newest)}
    for cursor, name in ((after, "starting_after"), (before, "ending_before")):
        if cursor and cursor not in places:
            raise no_such("object", cursor, name)
    if before:
        end = places[before]
        return Reply(page_of(url, newest[max(0, end - limit) : end], end > limit))
    start = places[after] + 1 if after else 0
    return Reply(page_of(url, newest[start : start + limit], len(newest) > start + limit))


def shown(row: Object, form: Form, held: Mapping[str, Mapping[str, Object]]) -> Object:
    """An object with the fields that `expand[]` names in full. `held`: field to all objects that it may name."""
    wanted = form.get("expand")
    names = [name for name in wanted if name in held] if isinstance(wanted, list) else []
    return {**row, **{name: held[name][row[name]] for name in names if row[name]}}
