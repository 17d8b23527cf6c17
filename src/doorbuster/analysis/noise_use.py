"""What a comparison takes from the noise profile, and what it says about it: age, count, and whether it fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from doorbuster.analysis.load import Run
from doorbuster.analysis.noise import NoiseProfile
from doorbuster.analysis.noise_file import DEFAULT, MadeOn, NoiseFile, load_noise
from doorbuster.analysis.noise_text import utc_day


@dataclass(frozen=True)
class NoiseKnown:
    """What earlier repeats teach, and the sentences that go with it."""

    profile: NoiseProfile | None = None
    sentences: tuple[str, ...] = ()


_NOTHING: Final = NoiseKnown()

PROFILE_CLOCK: Final = (
    "the noise profile knows times since a step was due, and here they are compared from sending: chance may differ"
)


def noise_known(
    path: Path | None, candidates: Sequence[Run], others: Sequence[Run], stale_days: int, now: datetime
) -> NoiseKnown:
    """The profile at `path`, by default the one in analysis/baselines/ where there is one.

    One of another scenario or platform is not used; one that is stale or was made elsewhere is, with a warning. Runs
    that are compared themselves (`candidates` and `others`) are not counted twice. Raises NoiseError.
    """
    if path is None and not DEFAULT.is_file():
        return _NOTHING
    where = path or DEFAULT
    noise = load_noise(where)
    differs = noise.made_on.differences(MadeOn.of(candidates[0].info))
    if strange := [one for one in differs if one.startswith(("scenario ", "platform "))]:
        return NoiseKnown(None, (f"the noise profile {where} is not used: {'; '.join(strange)}",))
    compared = {str(run.info.get("id")) for run in (*candidates, *others)}
    profile = noise.profile(compared)
    if profile is None:
        return NoiseKnown(
            None, (f"the noise profile {where} holds too few repeats to learn from; add some: {_add(noise, where)}",)
        )
    days = noise.age(now).days
    sentences = [
        f"how far runs lie apart by chance is learnt from {profile.runs} repeats as well ({where}, "
        f"{utc_day(noise.first)} to {utc_day(noise.last)}, {_days(days)} old)"
    ]
    if days > stale_days:
        sentences.append(
            f"the noise profile is stale: its first run is {_days(days)} old, more than {stale_days}; "
            f"make it again: {_again(noise)}"
        )
    if differs:
        sentences.append(f"the noise profile was made elsewhere ({'; '.join(differs)}): chance may differ here")
    return NoiseKnown(profile, tuple(sentences))


def _days(days: int) -> str:
    return f"{days} day" if days == 1 else f"{days} days"


def _again(noise: NoiseFile) -> str:
    return f"doorbuster repeat {noise.made_on.scenario} -n 5"


def _add(noise: NoiseFile, where: Path) -> str:
    return f"{_again(noise)} --into {where}"
