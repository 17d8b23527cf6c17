"""What a request was, as one integer: a sort that carries one column instead of four costs half as much."""

from __future__ import annotations

from typing import Any, Final

_STEP, _STATUS, _LATENCY = 1 << 5, 1 << 10, 1 << 12
ANSWER: Final = _STEP * _STATUS * _LATENCY
"""`what % ANSWER` is all but the product."""


def packed(step: Any, status: Any, latency: Any, product: Any) -> Any:
    """64-bit integers in, one out. Plain arithmetic: numpy arrays, Ibis columns and integers all will do.

    `step`: index into vocabulary.STEPS, one more for other pages. `status`: 0 to 999. `latency`: bucket of the request
    time (record/histogram.py), -1 where unknown. `product`: its number, -1 where none.
    """
    return step + _STEP * (status + _STATUS * ((latency + 1) + _LATENCY * (product + 1)))


def step(what: Any) -> Any:
    """
    >>> what = packed(3, 200, 17, 41)
    >>> step(what), status(what), latency(what), product(what)
    (3, 200, 17, 41)
    """
    return what & (_STEP - 1)


def status(what: Any) -> Any:
    return (what >> 5) & (_STATUS - 1)


def step_and_status(what: Any) -> Any:
    """Both, as `step` and `status` can read them."""
    return what & (_STEP * _STATUS - 1)


def latency(what: Any) -> Any:
    return ((what >> 15) & (_LATENCY - 1)) - 1


def product(what: Any) -> Any:
    return (what >> 27) - 1
