"""Stripe's request bodies: forms whose keys nest, as in `metadata[intent]=abc` or `payment_method_types[]=card`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl

from doorbuster.staging.stripe.refusals import INVALID, StripeRefusal, invalid

Form = Mapping[str, Any]
"""Text, a Form, or a list of either, by name."""


def parse_form(body: bytes) -> dict[str, Any]:
    """A form as nested objects. Raises StripeRefusal for keys that contradict each other.

    >>> parse_form(b"amount=5&metadata[intent]=a&types[]=card&expand[0]=latest_charge")
    {'amount': '5', 'metadata': {'intent': 'a'}, 'types': ['card'], 'expand': ['latest_charge']}
    """
    root: dict[str, Any] = {}
    for key, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        name, _, rest = key.partition("[")
        steps = [name, *re.findall(r"([^\[\]]*)\]", rest)]
        level = root
        for step in steps[:-1]:
            level = level.setdefault(step, {})
            if not isinstance(level, dict):
                raise invalid(key, f"{key} contradicts another parameter.")
        last = steps[-1]
        if not last and len(steps) > 1:
            last = str(len(level))
        if last in level and isinstance(level[last], dict):
            raise invalid(key, f"{key} contradicts another parameter.")
        level[last] = value
    # Shops name their metadata as they like, by numbers too.
    return {name: value if name == "metadata" else _with_lists(value) for name, value in root.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdecimal() for name in value):
        return [_with_lists(entry) for entry in value.values()]
    return {name: _with_lists(entry) for name, entry in value.items()}


def only(form: Form, known: Collection[str]) -> None:
    """Raises StripeRefusal for a parameter that Stripe does not have: a typing error must not pass here either."""
    for name in form:
        if name not in known:
            message = f"Received unknown parameter: {name}"
            raise StripeRefusal(400, INVALID, "parameter_unknown", message, param=name)


def text(form: Form, name: str) -> str:
    """A text, empty when absent. Raises StripeRefusal for anything nested."""
    value = form.get(name, "")
    if not isinstance(value, str):
        raise invalid(name, f"{name} must be a string.", "parameter_invalid_string")
    return value


def whole(form: Form, name: str) -> int | None:
    """A whole number, None when absent. Raises StripeRefusal."""
    given = text(form, name)
    if not given:
        return None
    if not re.fullmatch(r"-?[0-9]{1,12}", given):
        raise invalid(name, f"Invalid integer: {given}", "parameter_invalid_integer")
    return int(given)


def flag(form: Form, name: str) -> bool:
    """`true` or `false`; false when absent. Raises StripeRefusal."""
    given = text(form, name)
    if given not in ("", "true", "false"):
        raise invalid(name, f"Invalid boolean: {given}")
    return given == "true"


def texts(form: Form, name: str) -> dict[str, str]:
    """An object of texts, such as metadata; empty when absent. Raises StripeRefusal."""
    value = form.get(name) or {}
    if not isinstance(value, dict) or not all(isinstance(entry, str) for entry in value.values()):
        raise invalid(name, f"{name} must be an object of strings.")
    return value
