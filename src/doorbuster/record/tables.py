"""The tables of a run directory, column by column. `docs/run-directory.md` says the same in prose.

Times are microseconds on the scenario's clock (zero is the start of the run); `second` is the second in which the
step or arrival was due; money is in minor units. `arm` is `candidate` unless a control is walked beside it.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

ARRIVALS: Final = pa.schema(
    [
        ("second", pa.int32()),
        ("journey", pa.string()),
        ("planned", pa.int64()),
        ("started", pa.int64()),
        ("dropped_limit", pa.int64()),
        ("dropped_worker_lost", pa.int64()),
        ("not_reached", pa.int64()),
        ("dropped", pa.int64()),
        ("late_ms_p50", pa.float64()),  # null where nobody started
        ("late_ms_p99", pa.float64()),
        ("late_ms_max", pa.float64()),
        ("arm", pa.string()),
    ]
)
LATENCY: Final = pa.schema(
    [
        ("second", pa.int32()),
        ("worker", pa.string()),
        ("journey", pa.string()),
        ("step", pa.string()),
        ("outcome", pa.string()),
        ("clock", pa.string()),
        ("bucket_us", pa.float64()),
        ("count", pa.int64()),
        ("arm", pa.string()),
    ]
)
SESSIONS: Final = pa.schema(
    [
        ("session", pa.int64()),
        ("journey", pa.string()),
        ("intent", pa.string()),  # null unless the session meant to buy
        ("due_us", pa.int64()),
        ("started_us", pa.int64()),
        ("ended_us", pa.int64()),  # null for a session that was cut off
        ("outcome", pa.string()),
        ("last_step", pa.string()),
        ("products", pa.list_(pa.string())),
        ("coupon", pa.string()),
        ("patience_s", pa.float64()),
        ("order_id", pa.string()),
        ("total_minor", pa.int64()),
        ("currency", pa.string()),
        ("worker", pa.string()),
        ("arm", pa.string()),
    ]
)
FACTS: Final = pa.schema(
    [
        ("at_us", pa.int64()),
        ("witness", pa.string()),  # shopper, shop, gateway, analytics, mailbox
        ("kind", pa.string()),
        ("session", pa.int64()),
        ("intent", pa.string()),
        ("order_id", pa.string()),
        ("amount_minor", pa.int64()),
        ("currency", pa.string()),
        ("detail", pa.string()),  # JSON
        ("arm", pa.string()),
    ]
)
CATALOGUE: Final = pa.schema(
    [
        ("product", pa.string()),
        ("variant", pa.string()),
        ("sku", pa.string()),
        ("price_minor", pa.int64()),
        ("currency", pa.string()),
        ("stock", pa.int64()),  # null where the shop does not count it
        ("weight", pa.float64()),
        ("arm", pa.string()),
    ]
)

SUMMARIES: Final = (
    pa.schema(  # figures that another tool worked out over many requests: drawn, never compared as samples
        [
            ("second", pa.int32()),
            ("over_s", pa.float64()),  # the stretch it sums up; 0 for a single measurement, or where nobody says
            ("name", pa.string()),
            ("step", pa.string()),  # null for what is no step
            ("metric", pa.string()),
            ("value", pa.float64()),
            ("unit", pa.string()),
            ("count", pa.int64()),  # requests it is made of; null where nobody says
            ("how", pa.string()),
        ]
    )
)

TABLES: Final[dict[str, pa.Schema]] = {
    "arrivals": ARRIVALS,
    "latency": LATENCY,
    "sessions": SESSIONS,
    "facts": FACTS,
    "catalogue": CATALOGUE,
}
