"""docs/adding-a-promise.md, followed to the letter."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from doorbuster.promises.fact import Finding
from doorbuster.promises.ledger import ledger_of
from tests.conftest import ROOT
from tests.promises.day import SPOILT, clean_day, findings

PROMISE, WAY, BUG, _ = re.findall(r"```python\n(.*?)```", (ROOT / "docs/adding-a-promise.md").read_text(), re.S)


def ran(code: str, **known: Any) -> dict[str, Any]:
    exec(compile(code, "docs/adding-a-promise.md", "exec"), known)
    return known


def found(facts: Any) -> Finding:
    check: Any = ran(PROMISE)["check"]
    result: Finding = check(ledger_of(facts))
    return result


def test_its_promise_is_kept_broken_and_untold_as_the_page_says() -> None:
    assert found(clean_day().facts()).kept is True
    assert found([]).kept is None
    spoil, breaks = ran(WAY, SPOILT=dict(SPOILT), replace=replace)["SPOILT"]["given away"]
    day = clean_day()
    facts = replace(day, sales=(*day.sales[:2], spoil(day.sales[2]), *day.sales[3:])).facts()
    mine = found(facts)
    assert mine.kept is False
    assert mine.sentence == "1 order went out for nothing; 4 orders checked"
    assert [offence.intent for offence in mine.offences] == ["i3"]
    others = {name for name, one in findings(facts).items() if one.kept is False}
    assert others | {mine.promise} == breaks


def test_its_bug_names_its_promise() -> None:
    assert ran(BUG)["FAULT"].breaks == ran(PROMISE)["PROMISE"]
