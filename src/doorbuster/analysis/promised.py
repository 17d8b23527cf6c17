"""Checks the business promises of a run and hands them to the verdict."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd

from doorbuster.analysis.entries import PromiseResult
from doorbuster.analysis.load import Run
from doorbuster.promises import PROMISES
from doorbuster.promises.fact import Fact

_WORD = {True: "PASS", False: "FAIL", None: "INCONCLUSIVE"}


def check_promises(runs: Sequence[Run]) -> tuple[PromiseResult, ...]:
    """Every promise against every run; a run whose books were not read back cannot tell.

    A run that has no read-back of its own (imported from telemetry, or without a shop to ask) has no promises to keep.
    """
    results = []
    for run in runs:
        where = f" ({run.info['id']})" if len(runs) > 1 else ""
        read_back = run.info.get("read_back")
        if read_back is None:
            continue
        facts = _facts(run.facts)
        for check in PROMISES:
            found = check(facts)
            word, sentence = _WORD[found.kept], found.sentence
            if not read_back["done"] and word != "FAIL":
                word = "INCONCLUSIVE"
                sentence = f"{found.promise}: cannot tell, the shop's books were not read back ({read_back.get('why')})"
            numbers = {"checked": float(found.checked), "broken": float(found.broken)}
            results.append(PromiseResult(found.promise + where, word, sentence + where, numbers))  # type: ignore[arg-type]  # the words of _WORD
    return tuple(results)


def _facts(table: pd.DataFrame) -> list[Fact]:
    columns = ("witness", "kind", "intent", "order_id", "amount_minor", "detail")
    rows = table[list(columns)].astype(object).where(table[list(columns)].notna(), None)
    return [
        Fact(witness, kind, intent, order_id, None if amount is None else int(amount), json.loads(detail or "{}"))
        for witness, kind, intent, order_id, amount, detail in rows.itertuples(index=False)
    ]
