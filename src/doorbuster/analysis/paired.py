"""Candidate and control, walked through the same minutes: what moved both of them cancels.

The same blocks of seconds are drawn again for both arms (a circular block bootstrap of pairs: Politis and Romano 1992;
for statistics of two series in step, Lahiri 2003, doi:10.1007/978-1-4757-3803-2), so that the speed of the day is in
both and drops out of their ratio. What is left is chance within the run, and how far two deployments of one release
differ by themselves (`rules.deployment_sd`), which no single run can see. Besides quantiles `typical` is compared: the
geometric mean of the middle four fifths, a steadier number than the median where a step got slower as a whole.

Intervals hold for all rows together: where nothing changed, not more than `alarm_paired` of runs show any ratio off 1.
`docs/calibration.md` has how often they do, and what they find.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from doorbuster.analysis.change import Change, ChangeVerdict
from doorbuster.analysis.comparison_rules import ComparisonRules
from doorbuster.analysis.gate_file import QUANTILES
from doorbuster.analysis.intervals import FEWEST_BEYOND, block_weights, resampled_us
from doorbuster.analysis.load import Run
from doorbuster.analysis.measure import Cells, Measured, Selection, judged_cells, measure
from doorbuster.analysis.slower import LIKELY, Margin
from doorbuster.analysis.spread import Floats
from doorbuster.analysis.typical import resampled_typical_us
from doorbuster.record.histogram import quantile_us

TYPICAL: Final = "typical"
_TYPICAL_SHARE: Final = 0.7  # of the alarm: it finds most, and quantiles make three rows of each of its own


def paired_changes(
    candidate: Run,
    control: Run,
    selections: Sequence[Selection],
    metrics: Sequence[str],
    margin: Margin,
    rules: ComparisonRules,
) -> list[Change]:
    """The whole shop (median over steps), then each selection: `typical`, then the quantiles named by `metrics`."""
    cells = paired_cells(candidate, control)
    asked = (TYPICAL, *metrics)
    rows = [_rows(candidate, control, one, asked, cells, rules) for one in selections]
    rows = [_whole_shop(rows), *rows]
    changes = [change for row in rows for change, _ in row]
    drawn = np.array([logs for row in rows for _, logs in row])
    told = ~np.isnan(drawn).any(axis=1)
    blocks = max(2, cells.blocks)
    own = 2 * rules.deployment_sd**2
    error = np.sqrt(np.var(drawn, axis=1) * blocks / (blocks - 1) + own)
    # Ten requests are ten values, over however many blocks they are spread.
    fewest = np.array([min(change.candidate_samples, change.baseline_samples) for change in changes])
    df = np.clip(fewest, 2, blocks) - 1
    is_typical = np.array([change.metric == TYPICAL for change in changes])
    critical = np.empty(len(changes))
    for these, share in ((is_typical, _TYPICAL_SHARE), (~is_typical, 1 - _TYPICAL_SHARE)):
        tests = max(1, int((these & told).sum()))
        critical[these] = stdtrit(df[these], 1 - rules.alarm_paired * share / 2 / tests)
    sure = stdtrit(df, rules.pass_confidence)
    return [
        _told(change, error[i], critical[i], sure[i], margin(change.selection, change.metric), own)
        if told[i]
        else change
        for i, change in enumerate(changes)
    ]


def paired_cells(candidate: Run, control: Run) -> Cells:
    """One grid for both arms. Blocks are a sixtieth of the run, 5 to 30 s: shorter than for a run by itself, because
    what lasts longer is mostly the day, which cancels."""
    longest = max(judged_cells(candidate), judged_cells(control), key=lambda one: one.count * one.cell_s)
    judged_s = longest.count * longest.cell_s
    block_s = max(1, judged_s // 5) if judged_s < 25 else round(min(30.0, max(5.0, judged_s / 60)))
    cell_s = max(1, block_s // 2)
    return Cells(longest.first_s, math.ceil(judged_s / cell_s), cell_s, max(1, round(block_s / cell_s)))


_Drawn = tuple[Change, Floats]
"""A change whose `size` is all that is told so far, and the logarithm of the ratio in each resample; nan if too few."""


def _rows(
    candidate: Run, control: Run, selection: Selection, metrics: Sequence[str], cells: Cells, rules: ComparisonRules
) -> list[_Drawn]:
    sides = [measure(run, selection, "response", cells) for run in (candidate, control)]
    weights = block_weights(cells.count, cells.block, rules.resamples)
    rows = []
    for metric in metrics:
        logs = np.full(len(weights), math.nan)
        enough = min(side.samples for side in sides) * (1 - QUANTILES.get(metric, 0.5)) >= FEWEST_BEYOND
        if enough and cells.blocks > 1:
            ours, theirs = (np.log(np.maximum(_drawn_us(side, metric, weights), 1e-3)) for side in sides)
            logs = ours - theirs
        ours_ms, theirs_ms = (_value_us(side, metric) / 1000 for side in sides)
        size = ours_ms / theirs_ms if theirs_ms > 0 else math.nan
        change = Change(selection, metric, ours_ms, theirs_ms, sides[0].samples, sides[1].samples, size=size)
        rows.append((change, logs))
    return rows


def _value_us(measured: Measured, metric: str) -> float:
    if metric == TYPICAL:
        return float(resampled_typical_us(measured, np.ones((1, measured.cells.count), dtype=np.float32))[0])
    return quantile_us(measured.dense(), QUANTILES[metric])


def _drawn_us(measured: Measured, metric: str, weights: NDArray[np.float32]) -> Floats:
    if metric == TYPICAL:
        return resampled_typical_us(measured, weights)
    return resampled_us(measured, QUANTILES[metric], weights)


def _told(change: Change, error: float, critical: float, sure: float, margin: float, own: float) -> Change:
    """With its interval and verdict.

    `critical` and `sure` are standard errors, for all rows together and for one; `own` is the part of the variance that
    a longer run does not make smaller.
    """
    moved, limit = math.log(change.size), math.log1p(margin)
    verdict: ChangeVerdict = "INCONCLUSIVE"
    if moved - critical * error > limit:
        verdict = "FAIL"
    elif moved + sure * error < limit:
        verdict = "PASS"
    reach = (critical if moved > limit else sure) + LIKELY
    room = (limit - moved) ** 2 - reach**2 * own
    return replace(
        change,
        low=math.exp(moved - critical * error),
        high=math.exp(moved + critical * error),
        margin=margin,
        verdict=verdict,
        smallest_seen=math.exp(limit + critical * error),
        runs_to_settle=math.ceil(reach**2 * (error**2 - own) / room) if room > 0 else math.inf,
    )


def _whole_shop(rows: Sequence[Sequence[_Drawn]]) -> list[_Drawn]:
    """By metric the median over steps, in the run and in each resample."""
    steps = [row for row in rows if row[0][0].selection.kind == "step" and row[0][0].selection.journey is None]
    shop = []
    for column in zip(*steps, strict=True):
        told = [(math.log(change.size), logs) for change, logs in column if not np.isnan(logs).any()]
        first, nothing = column[0]
        ours, theirs = (
            sum(getattr(change, f"{side}_samples") for change, _ in column) for side in ("candidate", "baseline")
        )
        size = math.exp(float(np.median([size for size, _ in told]))) if told else math.nan
        logs = np.median([logs for _, logs in told], axis=0) if told else np.full_like(nothing, math.nan)
        shop.append((Change(Selection(), first.metric, math.nan, math.nan, ours, theirs, size=size), logs))
    return shop
