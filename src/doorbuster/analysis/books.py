"""Do the run's own counts add up? Every planned shopper is accounted for, exactly, or the run is no rehearsal."""

from __future__ import annotations

from collections.abc import Mapping

from doorbuster.analysis.load import Run
from doorbuster.vocabulary import CONSERVATION


def book_mistakes(run: Run) -> list[str]:
    """Sentences, one for each way in which the counts disagree; empty when all is exact."""
    return [*_own_mistakes(run), *_arms_agree(run)]


def _arms_agree(run: Run) -> list[str]:
    """With a control: its books are exact too, and the two make the whole run's."""
    if run.control is None:
        return []
    both = run.directory.read_run()
    sums = {key: sum(arm["conservation"][key] for arm in both["arms"].values()) for key in CONSERVATION}
    mistakes = [
        f"{key} is {both['conservation'][key]} in the run but {total} over candidate and control"
        for key, total in sums.items()
        if both["conservation"][key] != total
    ]
    return mistakes + [f"the control: {mistake}" for mistake in _own_mistakes(run.control)]


def _own_mistakes(run: Run) -> list[str]:
    totals = run.info.get("conservation")
    if not totals:
        return ["the run kept no books: nothing says how many shoppers were planned and what became of them"]
    missing = [key for key in CONSERVATION if key not in totals]
    if missing:
        return [f"the run's books are incomplete: no count of {', '.join(missing)}"]
    mistakes = _equations(totals, "")
    by_journey = run.info.get("sessions") or {}
    for journey, counts in by_journey.items():
        if all(key in counts for key in CONSERVATION):
            mistakes += _equations(counts, f" in {journey}")
    if by_journey:
        mistakes += [
            f"{key} is {totals[key]} in all but {total} over the journeys"
            for key in CONSERVATION
            if (total := sum(counts.get(key, 0) for counts in by_journey.values())) != totals[key]
        ]
    if run.info.get("complete") is True and totals["not_reached"]:
        mistakes.append(f"the run says it is complete, but {totals['not_reached']} planned shoppers were never reached")
    return mistakes + _tables_agree(run, totals)


def _equations(counts: Mapping[str, int], where: str) -> list[str]:
    sent = counts["started"] + counts["dropped_limit"] + counts["dropped_worker_lost"] + counts["not_reached"]
    ended = counts["finished"] + counts["abandoned"] + counts["in_flight"] + counts["lost"]
    mistakes = []
    if counts["planned"] != sent:
        mistakes.append(f"{counts['planned']} shoppers were planned{where} but {sent} started, dropped or not reached")
    if counts["started"] != ended:
        mistakes.append(f"{counts['started']} shoppers started{where} but {ended} ended, left, were cut off or lost")
    return mistakes


def _tables_agree(run: Run, totals: Mapping[str, int]) -> list[str]:
    in_tables = {key: int(run.arrivals[key].sum()) for key in CONSERVATION[:5]}
    mistakes = [
        f"{key} is {totals[key]} in run.json but {counted} in the arrivals table"
        for key, counted in in_tables.items()
        if counted != totals[key]
    ]
    if len(run.sessions) != in_tables["started"]:
        mistakes.append(
            f"the arrivals table has {in_tables['started']} started shoppers but the sessions table {len(run.sessions)}"
        )
    steps = run.info.get("steps")
    counted = int(run.latency.loc[run.latency["clock"] == "service", "count"].sum())
    if steps is not None and counted != steps:
        mistakes.append(f"{steps} steps were recorded but the latency table has {counted}: a part of it is missing")
    return mistakes
