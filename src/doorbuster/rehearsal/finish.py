"""After the last shopper: read the shop's books back, then say whether this was a rehearsal at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from doorbuster.errors import DoorbusterError
from doorbuster.record.directory import RunDirectory
from doorbuster.rehearsal.hooks import run_hooks
from doorbuster.rehearsal.shop import backstage_of
from doorbuster.scenario import load_scenario
from doorbuster.settings import Settings


def steer_faults(directory: RunDirectory, zero_unix_s: float, settings: Settings) -> None:
    """Give the staging services their fault timeline; it ends by itself, also when this run dies."""
    run = directory.read_run()
    warm_up_s, squeeze = run["clock"]["warm_up_s"], run["clock"]["squeeze"]
    rows = []
    for fault in run["faults"]:
        # The warm-up keeps its length when the scenario's clock is squeezed.
        at_s, until_s = (
            moment if moment <= warm_up_s else warm_up_s + (moment - warm_up_s) * squeeze
            for moment in (fault["at"], fault["at"] + fault["for"])
        )
        rows.append(
            {
                "name": fault["name"],
                "value": fault["value"],
                "from_unix_s": zero_unix_s + at_s,
                "until_unix_s": zero_unix_s + until_s,
            }
        )
    with backstage_of(directory, settings) as shop:
        shop.steer(rows)


def finish(directory: RunDirectory, settings: Settings) -> tuple[bool, tuple[str, ...]]:
    """Read back, run the hooks, write run.json's validity; returns (valid, reasons why not).

    A shop that cannot be read back, or a hook that fails, is said in run.json and never ends the run's record.
    """
    directory.tidy()
    run = directory.read_run()
    if run["stopped_because"] in ("prepared", "running"):
        run = directory.update_run(complete=False, stopped_because="the load process was killed")
    scenario = load_scenario(directory.path / "scenario.toml")
    read_back: dict[str, Any] = {"done": True, "why": None}
    try:
        with backstage_of(directory, settings) as shop:
            books = shop.read_back()
        directory.write_rows("facts", _facts(run, books.orders), "read-back")
    except (DoorbusterError, httpx.HTTPError) as failed:
        read_back = {"done": False, "why": str(failed)}
    after: dict[str, Any] = {"done": True, "why": None}
    try:
        run_hooks(scenario.hooks.after, "after")
    except DoorbusterError as failed:
        after = {"done": False, "why": str(failed)}
    # Closed before it is judged, because a run that was never closed is judged invalid.
    run = directory.update_run(read_back=read_back, hooks_after=after, closed=True)
    if run["complete"]:
        valid, reasons = judge(directory)
    else:
        valid, reasons = False, (f"the run did not reach its end: {run['stopped_because']}",)
    directory.update_run(validity={"valid": valid, "reasons": list(reasons)})
    directory.give_back()
    return valid, reasons


def judge(directory: RunDirectory) -> tuple[bool, tuple[str, ...]]:
    """Judge a whole run by the default gate file: was this a rehearsal?"""
    from doorbuster.analysis.gate_file import load_gate
    from doorbuster.analysis.load import open_run
    from doorbuster.analysis.validity import judge_validity
    from doorbuster.cards import find_gate

    validity = judge_validity(open_run(directory.path), load_gate(find_gate(None)).validity)
    return validity.valid, tuple(validity.reasons)


def _facts(run: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the books say, with their wall-clock times moved onto the scenario's clock."""
    started = run["started_at"]
    zero_us = datetime.fromisoformat(started).timestamp() * 1e6 if started else None
    facts = []
    for row in rows:
        fact = {name: value for name, value in row.items() if name != "at_unix_us"}
        at_unix_us = row.get("at_unix_us")
        if at_unix_us is not None and zero_us is not None:
            fact["at_us"] = int(at_unix_us - zero_us)
        facts.append(fact)
    return facts
