"""Runs given as repeats: do they repeat what is compared? Others would teach the chance of another shop."""

from __future__ import annotations

from collections.abc import Sequence

from doorbuster.analysis.load import Run
from doorbuster.analysis.noise_file import MadeOn
from doorbuster.analysis.planned_load import load_differs, planned_per_minute, planned_sessions, steps_per_session
from doorbuster.analysis.wording import whole

_ANOTHER_SHOP = ("scenario ", "platform ")


def repeats_of(aa: Sequence[Run], candidates: Sequence[Run], baselines: Sequence[Run]) -> tuple[list[Run], list[str]]:
    """The runs that repeat either side, and a sentence for each that does not: another scenario, platform or load."""
    sides = [side for side in (candidates, baselines) if side]
    kept, sentences = [], []
    for run in aa:
        reasons = [_differs(run, side) for side in sides]
        if all(reasons):
            sentences.append(
                f"the A/A run {run.name} is not used: it repeats neither side ({reasons[0]}); give repeats of one"
            )
        else:
            kept.append(run)
    return kept, sentences


def _differs(run: Run, side: Sequence[Run]) -> str:
    """What makes it no repeat of this side; empty where it is one. Telemetry has no scenario, and often no load."""
    for other in side:
        told = MadeOn.of(run.info).differences(MadeOn.of(other.info))
        telemetry = run.from_telemetry or other.from_telemetry
        for one in told:
            if one.startswith(_ANOTHER_SHOP[1:] if telemetry else _ANOTHER_SHOP):
                return one
    if not all(sum(planned_sessions(one).values()) for one in ([run], side)):
        return ""
    steps_of = steps_per_session([run, *side], side)
    if not load_differs([run], side, steps_of):
        return ""
    here, there = (whole(planned_per_minute(one, steps_of)) for one in ([run], side))
    return f"planned for {here} sessions a minute, there {there}"
