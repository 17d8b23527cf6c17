"""Which steps and journeys fail more often than last year, and does the whole shop?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from scipy.special import ndtri

from doorbuster.analysis.change import Change, ChangeVerdict
from doorbuster.analysis.comparison_rules import ComparisonRules
from doorbuster.analysis.estimates import Estimates, Sides
from doorbuster.analysis.measure import Selection
from doorbuster.analysis.shares import Share, chance_of_a_rise, share_difference
from doorbuster.analysis.slower import TWO_SIDED_95, Margin

SidesOfShare = tuple[Selection, Share, Share]
"""What was asked, this year's share, last year's."""


def error_changes(
    sides: Sides, selections: Sequence[Selection], margin: Margin, rules: ComparisonRules, estimates: Estimates
) -> list[Change]:
    """Error rates of the selections, this year beside last year."""
    shares = [
        (one, estimates.share_of(sides.candidates, one), estimates.share_of(sides.baselines, one)) for one in selections
    ]
    return changes_of_shares(shares, max(len(sides.candidates), len(sides.baselines)), sides.repeats > 0, margin, rules)


def changes_of_shares(
    shares: Sequence[SidesOfShare], runs: int, repeated: bool, margin: Margin, rules: ComparisonRules
) -> list[Change]:
    """The chance of a false FAIL is shared out among all that both sides measured.

    `runs`: on the side that has more; `repeated`: whether any repeat speaks of chance, without which nothing passes.
    """
    alarm = rules.alarm_errors / max(1, sum(bool(ours.samples and theirs.samples) for _, ours, theirs in shares))
    changes = []
    for one, ours, theirs in shares:
        change = Change(one, "error_rate", ours.value, theirs.value, ours.samples, theirs.samples)
        if ours.samples and theirs.samples:
            change = replace(change, margin=margin(one, "error_rate"))
            change = _told(change, ours, theirs, alarm, rules, runs if repeated else 0)
        changes.append(change)
    return changes


def _told(change: Change, ours: Share, theirs: Share, alarm: float, rules: ComparisonRules, runs: int) -> Change:
    """`runs`: 0 where no repeat speaks of chance."""
    size, margin = ours.value - theirs.value, change.margin
    shown = float(ndtri(TWO_SIDED_95))
    low, high = share_difference(ours, theirs, shown, shown)
    surely, likely = share_difference(ours, theirs, float(ndtri(1 - alarm)), float(ndtri(rules.pass_confidence)))
    verdict: ChangeVerdict = (
        "FAIL" if surely > margin else "ADVICE" if not runs else "PASS" if likely < margin else "INCONCLUSIVE"
    )
    # The doubt shrinks with the root of the data; it must come down to the distance from the limit.
    doubt, distance = (likely - size if size < margin else size - surely), abs(margin - size)
    return replace(
        change,
        size=size,
        low=low,
        high=high,
        verdict=verdict,
        smallest_seen=margin + size - surely,
        runs_to_settle=math.ceil(max(1, runs) * (doubt / distance) ** 2) if distance else math.inf,
        beyond_chance=chance_of_a_rise(ours, theirs) < alarm,
    )
