"""A run becomes a repeat: its quantiles are noted, if it was a rehearsal at all."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Final

from doorbuster.analysis.estimates import Estimates
from doorbuster.analysis.gate_file import Gate
from doorbuster.analysis.load import Run, open_run
from doorbuster.analysis.measure import measured_selections
from doorbuster.analysis.noise_file import METRICS, MadeOn, NoiseFile, NoiseRun
from doorbuster.analysis.validity import judge_validity

_RESAMPLES: Final = 100  # only whether a quantile can be placed is asked here, not how well


def learn(noise: NoiseFile | None, path: Path, gate: Gate, release: str = "") -> NoiseFile | str:
    """The profile with one run more, or the reason why that run was no rehearsal.

    Raises RunDirectoryError for a folder that is no run, and NoiseError for a run of something else.
    """
    run = open_run(path)
    validity = judge_validity(run, gate.validity)
    if not validity.valid:
        return validity.reasons[0]
    started = run.info.get("started_at")
    if not isinstance(started, str):
        return "it never noted its start"
    noted = NoiseRun(
        id=str(run.info["id"]), started_at=datetime.fromisoformat(started), release=release, ms=_quantiles(run)
    )
    made_on = MadeOn.of(run.info)
    return NoiseFile(made_on=made_on, run=(noted,)) if noise is None else noise.with_run(noted, made_on)


def _quantiles(run: Run) -> dict[str, dict[str, float]]:
    estimates = Estimates(_RESAMPLES)
    table = {}
    for selection in measured_selections(run):
        quantiles = {metric: estimates.quantile(run, selection, metric) for metric in METRICS}
        told = {name: float(f"{one.value_ms:.5g}") for name, one in quantiles.items() if not math.isnan(one.log_error)}
        if told:
            table[selection.name] = told
    return table
