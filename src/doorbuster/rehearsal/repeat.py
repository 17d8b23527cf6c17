"""The same rehearsal again and again, with nothing changed: whatever differs is chance, and is kept to know it by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from doorbuster.errors import NoiseError
from doorbuster.rehearsal.prepare import RunOptions
from doorbuster.rehearsal.rehearse import Workers, rehearse
from doorbuster.rehearsal.shop import shop_for
from doorbuster.scenario import load_scenario
from doorbuster.settings import Settings
from doorbuster.vocabulary import EXIT_CODES, EXIT_INTERRUPTED

if TYPE_CHECKING:
    from doorbuster.analysis.gate_file import Gate
    from doorbuster.analysis.noise_file import NoiseFile

_FEWEST: Final = 2


@dataclass(frozen=True)
class Keeping:
    """Where repeats go: a profile of its own, or `into` what is there, less what has become stale."""

    path: Path
    into: bool
    gate: Gate
    release: str = ""


@dataclass(frozen=True)
class Repeated:
    """What the repeats came to."""

    noise: NoiseFile | None
    """The profile as it is kept; None where no run was a rehearsal."""
    exit_code: int
    left_out: tuple[str, ...]
    """A sentence for each run that is not in it."""
    kept: bool
    """Whether the file was written: a new profile replaces an old one only once it can teach anything."""


def repeat(
    options: RunOptions,
    target: str | None,
    settings: Settings,
    times: int,
    keeping: Keeping,
    watch: Callable[[dict[str, Any]], None],
    say: Callable[[str], None],
    workers: Workers,
) -> Repeated:
    """Rehearse so many times in a row; `say` hears of each run. Each finished run is kept at once.

    Ctrl-C ends the row with exit code 130. A run that was no rehearsal is left out. Raises DoorbusterError where a run
    could not begin; what was finished before it is kept.
    """
    profile = _Profile(keeping)
    if profile.noise is not None:
        _check_same(profile.noise, options, target, workers, keeping.path)
    code = 0
    for number in range(1, times + 1):
        say(f"repeat {number} of {times}")
        try:
            # A shop of its own for each: a candidate will meet a fresh one, too.
            with shop_for(options.scenario_path, target) as url:
                rehearsed = rehearse(replace(options, target=url), settings, watch, workers)
        except KeyboardInterrupt:
            code = EXIT_INTERRUPTED
            break
        if rehearsed.exit_code == EXIT_INTERRUPTED:
            profile.left_out.append(f"{rehearsed.directory.path} was interrupted")
            code = EXIT_INTERRUPTED
            break
        profile.add(rehearsed.directory.path)
        say(f"{rehearsed.directory.path}")
    return profile.result(code)


def learn_from(runs: Sequence[Path], keeping: Keeping) -> Repeated:
    """The same from runs that were made already. Raises DoorbusterError, and then nothing is written."""
    profile = _Profile(keeping, at_once=False)
    for run in runs:
        profile.add(run)
    return profile.result(0)


def _check_same(noise: NoiseFile, options: RunOptions, target: str | None, workers: Workers, where: Path) -> None:
    """Before anything is sent. Raises NoiseError where runs of this would not belong into the profile."""
    from doorbuster.analysis.noise_file import MadeOn

    scenario = load_scenario(options.scenario_path)
    wanted = MadeOn.of(
        {
            "scenario": scenario.name,
            "scenario_sha256": hashlib.sha256(options.scenario_path.read_bytes()).hexdigest(),
            "scale": options.scale,
            "minutes": options.minutes,
            "platform": scenario.storefront.platform,
            "target_host": urlsplit(target or "http://127.0.0.1:0").netloc,
            "workers": workers.local,
        }
    )
    told_by_a_run = {"curve_sha256": noise.made_on.curve_sha256, "machine": noise.made_on.machine}
    if differs := noise.made_on.differences(wanted.model_copy(update=told_by_a_run)):
        raise NoiseError(
            f"{where} is of something else ({'; '.join(differs)}); name another file with --into, and it begins anew"
        )


class _Profile:
    """The noise profile as it grows."""

    def __init__(self, keeping: Keeping, at_once: bool = True) -> None:
        from doorbuster.analysis.noise_file import load_noise

        self._keeping = keeping
        self._at_once = at_once
        self._added = 0
        self.left_out: list[str] = []
        self.noise: NoiseFile | None = None
        self.kept = False
        if keeping.into and keeping.path.exists():
            there = load_noise(keeping.path)
            days = keeping.gate.comparison.noise_stale_days
            fresh = there.since(datetime.now(UTC) - timedelta(days=days))
            self.noise = fresh if fresh.run else None
            if stale := len(there.run) - len(fresh.run):
                self.left_out.append(f"{stale} of the profile's {len(there.run)} runs are older than {days} days")

    def add(self, run: Path) -> None:
        from doorbuster.analysis.noise_learnt import learn

        learnt = learn(self.noise, run, self._keeping.gate, self._keeping.release)
        if isinstance(learnt, str):
            self.left_out.append(f"{run} was no rehearsal: {learnt}")
            return
        self.noise = learnt
        self._added += 1
        if self._at_once:
            self._save()

    def _save(self) -> None:
        from doorbuster.analysis.noise_text import save_noise

        assert self.noise is not None
        replaces = self._keeping.path.exists() and not self._keeping.into
        if not replaces or len(self.noise.run) >= _FEWEST:
            save_noise(self._keeping.path, self.noise)
            self.kept = True

    def result(self, code: int) -> Repeated:
        if self._added and not self._at_once:
            self._save()
        if not self._added and not code:
            code = EXIT_CODES["INVALID"]
        return Repeated(self.noise, code, tuple(self.left_out), self.kept)


def check_times(times: int, keeping: Keeping) -> None:
    """Raises NoiseError where so few repeats could teach nothing."""
    if times < _FEWEST and not keeping.into:
        raise NoiseError("one run alone repeats nothing; give -n 2 or more, or add it to a profile with --into")
