"""A run that walked a control: what it is compared with, and the words for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from doorbuster.analysis.compare import Comparison
from doorbuster.analysis.entries import Entry
from doorbuster.analysis.load import Run
from doorbuster.analysis.regressions import change_sentence, numbers_of

_SAID = (
    (re.compile("measured last year only"), "measured at the control only"),
    (re.compile("measured this year only"), "measured at the candidate only"),
    (re.compile(r"\blast year\b"), "the control"),
    (re.compile(r"\bthis year\b"), "the candidate"),
    # Several such runs are judged one by one; a longer one knows more.
    (re.compile(r"about (\d+) runs on each side would settle it"), r"a run about \1 times as long would settle it"),
    (re.compile("more runs will hardly"), "a longer run will hardly"),
)


def compared_with(candidates: Sequence[Run], baselines: Sequence[Run]) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """The runs to compare with, and what to know about it: the control where no run of last year is given."""
    walked = [run for run in candidates if run.control is not None]
    if not walked:
        return tuple(baselines), ()
    if baselines:
        return tuple(baselines), ("a control was walked beside; leave --baseline out to compare with it",)
    if len(candidates) > 1 or walked[0].control is None:
        return (), ("a control was walked beside; judge one such run at a time to compare with it",)
    return (walked[0].control,), ()


def of_control(text: str) -> str:
    """A sentence about last year as one about the control.

    >>> of_control("home p95 is 1.18x last year's, limit 1.10")
    "home p95 is 1.18x the control's, limit 1.10"
    """
    for wording, instead in _SAID:
        text = wording.sub(instead, text)
    return text


def entries_of_control(entries: Sequence[Entry], comparison: Comparison) -> list[Entry]:
    """Regression entries in the control's words, and one more for what is slower, if by less than its limit."""
    said = [replace(one, name=of_control(one.name), sentence=of_control(one.sentence)) for one in entries]
    slower = [
        change for change in comparison.changes if not change.is_errors and change.low > 1 and change.verdict != "FAIL"
    ]
    if slower:
        first, *others = sorted({one.selection: one for one in slower}.values(), key=lambda one: one.low, reverse=True)
        names = ", ".join(one.selection.name for one in others)
        sentence = of_control(change_sentence(first)) + ": slower beyond chance, but not surely beyond the limit"
        sentence += f"; the same of {names}" if others else ""
        said.append(Entry("regression", "slower than the control", "ADVICE", False, sentence, numbers_of(first)))
    return said
