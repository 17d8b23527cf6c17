"""What Google Analytics accepts of the Measurement Protocol, and what it would say if it said anything.

Limits and codes: developers.google.com/analytics/devguides/collection/protocol/ga4 (sending-events, validating-events).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

MOST_EVENTS: Final = 25
BACK_US: Final = 72 * 3600 * 1_000_000
STRICT: Final = "ENFORCE_RECOMMENDATIONS"
_MOST_PARAMETERS: Final = 25
_LONGEST_NAME: Final = 40
_LONGEST_VALUE: Final = 100
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED_PREFIXES: Final = ("firebase_", "ga_", "google_", "gtag.")
_RESERVED: Final = frozenset({
    "ad_activeview", "ad_click", "ad_exposure", "ad_query", "ad_reward", "adunit_exposure", "app_clear_data",
    "app_exception", "app_install", "app_remove", "app_store_refund", "app_update", "app_upgrade",
    "dynamic_link_app_open", "dynamic_link_app_update", "dynamic_link_first_open", "error", "first_open", "first_visit",
    "in_app_purchase", "notification_dismiss", "notification_foreground", "notification_open", "notification_receive",
    "os_update", "session_start", "session_start_with_rollout", "user_engagement",
})  # fmt: skip


class Complaint(NamedTuple):
    """One message of the validation server. `fatal` ones cost the whole request, or with `event` that event alone."""

    field: str
    code: str
    description: str
    fatal: bool = True
    event: int | None = None

    def message(self) -> dict[str, str]:
        return {"fieldPath": self.field, "description": self.description, "validationCode": self.code}


def complaints(query: Mapping[str, str], body: Any, now_unix_us: int) -> Iterator[Complaint]:
    """All that is wrong with a request; `query` has `measurement_id` or `firebase_app_id`."""
    if not query.get("measurement_id") and not query.get("firebase_app_id"):
        yield Complaint("measurement_id", "VALUE_REQUIRED", "measurement_id or firebase_app_id must be in the address.")
    if not isinstance(body, dict):
        yield Complaint("", "VALUE_INVALID", "The body must be a JSON object.")
        return
    who = "app_instance_id" if query.get("firebase_app_id") else "client_id"
    if not isinstance(body.get(who), str) or not body[who]:
        yield Complaint(who, "VALUE_REQUIRED", f"{who} must be a text that is not empty.")
    events = body.get("events")
    if not isinstance(events, list) or not events:
        yield Complaint("events", "VALUE_REQUIRED", "events must be a list with one event or more.")
        return
    if len(events) > MOST_EVENTS:
        text = f"There are {len(events)} events; a request holds {MOST_EVENTS} at most."
        yield Complaint("events", "EXCEEDED_MAX_ENTITIES", text)
    for index, event in enumerate(events):
        yield from _of_event(index, event)
        then_us = timestamp_us(event, body)
        if then_us is not None and then_us < now_unix_us - BACK_US:
            text = f"Event at index {index}: timestamp_micros is more than 72 hours ago."
            yield Complaint("timestamp_micros", "VALUE_INVALID", text, fatal=False, event=index)


def timestamp_us(event: object, body: Mapping[str, Any]) -> int | None:
    """When an event happened, by its own account or else the request's; texts of whole numbers will do."""
    for level in (event, body):
        said = level.get("timestamp_micros") if isinstance(level, Mapping) else None
        if isinstance(said, str) and said.isdecimal() and len(said) < 19:
            return int(said)
        if isinstance(said, int) and not isinstance(said, bool):
            return said
    return None


def _of_event(index: int, event: object) -> Iterator[Complaint]:
    at = f"Event at index {index}"
    if not isinstance(event, dict):
        yield Complaint("events", "VALUE_INVALID", f"{at} is no object.", event=index)
        return
    name = event.get("name")
    if not isinstance(name, str) or not name:
        yield Complaint("events.name", "VALUE_REQUIRED", f"{at} has no name.", event=index)
    elif name in _RESERVED or name.startswith(_RESERVED_PREFIXES):
        yield Complaint("events", "NAME_RESERVED", f"{at} has the reserved name {name}.", event=index)
    elif not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        text = (
            f"{at}: the name {name[:_LONGEST_NAME]} must begin with a letter, then letters, digits and _, 40 at most."
        )
        yield Complaint("events", "NAME_INVALID", text, event=index)
    params = event.get("params", {})
    if not isinstance(params, dict):
        yield Complaint("events.params", "VALUE_INVALID", f"{at}: params must be an object.", event=index)
        return
    if len(params) > _MOST_PARAMETERS:
        text = f"{at} has {len(params)} parameters; {_MOST_PARAMETERS} at most."
        yield Complaint("events.params", "EXCEEDED_MAX_ENTITIES", text, fatal=False, event=index)
    for key, value in params.items():
        field = f"events.params.{key}"
        if not _NAME.fullmatch(key) or len(key) > _LONGEST_NAME:
            yield Complaint(field, "NAME_INVALID", f"{at}: no good name for a parameter.", fatal=False, event=index)
        elif key.startswith(_RESERVED_PREFIXES):
            yield Complaint(field, "NAME_RESERVED", f"{at}: a reserved name.", fatal=False, event=index)
        if isinstance(value, str) and len(value) > _LONGEST_VALUE:
            text = f"{at}: {len(value)} characters; {_LONGEST_VALUE} at most."
            yield Complaint(field, "VALUE_OUT_OF_BOUNDS", text, fatal=False, event=index)
    if name == "purchase":
        yield from _of_purchase(index, params)


def _of_purchase(index: int, params: Mapping[str, Any]) -> Iterator[Complaint]:
    if params.get("transaction_id") in (None, ""):
        text = f"Event at index {index}: purchases without a transaction_id of their own are merged or cannot be."
        yield Complaint("events.params.transaction_id", "VALUE_REQUIRED", text, fatal=False, event=index)
    value, currency = params.get("value"), params.get("currency")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        text = f"Event at index {index}: value must be a number."
        yield Complaint("events.params.value", "VALUE_INVALID", text, fatal=False, event=index)
    if value is not None and not currency:
        text = f"Event at index {index}: a value needs a currency."
        yield Complaint("events.params.currency", "VALUE_REQUIRED", text, fatal=False, event=index)
