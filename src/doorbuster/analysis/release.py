"""One release, judged: opens the runs, applies the gate, and writes or says what came out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from doorbuster.analysis.comparison_words import comparison_text
from doorbuster.analysis.gate_file import load_gate
from doorbuster.analysis.load import Run, open_run
from doorbuster.analysis.noise_use import PROFILE_CLOCK, NoiseKnown, noise_known
from doorbuster.analysis.outputs import write_outputs
from doorbuster.analysis.promised import audit_of, promise_results
from doorbuster.analysis.series.asked import SeriesAsked
from doorbuster.analysis.series.gathered import NO_SERIES, Gathered, gather_series
from doorbuster.analysis.verdict import Verdict, judge
from doorbuster.audit.audit import Audit
from doorbuster.audit.exports import NO_EXPORTS, Exports
from doorbuster.cards import find_gate
from doorbuster.errors import ExportError, ImportFileError
from doorbuster.settings import Settings


@dataclass(frozen=True)
class Release:
    """The runs of a release beside last year's, and the verdict on them. Files go into the first run's directory."""

    candidates: tuple[Run, ...]
    baselines: tuple[Run, ...]
    verdict: Verdict
    audits: tuple[Audit | None, ...]
    """Of each candidate; None for a run that has no promises to keep."""
    series: tuple[SeriesAsked, ...]
    """The shop's own metrics that the gate file asks for."""
    gate_file: Path

    @property
    def exit_code(self) -> int:
        return self.verdict.exit_code

    def text(self) -> str:
        """The verdict and its sentences, one a line."""
        return "\n".join([self.verdict.verdict, *(f"  {sentence}" for sentence in self.verdict.sentences)])

    def comparison_text(self) -> str:
        """This year beside last year as a table for a terminal."""
        return comparison_text(self.verdict.comparison)

    def write_verdict(self, junit: Path | None = None, summary: Path | None = None) -> Path:
        """Write verdict.json, junit.xml and summary.md, copies at the given paths; the path of verdict.json."""
        return write_outputs(self.candidates[0], self.verdict, junit, summary)

    def gather_series(self, files: Sequence[Path], settings: Settings) -> Gathered:
        """Fetch the shop's own metrics for the first run's minutes, from the gate file's servers and these files.

        Raises ImportFileError for a file that is not there.
        """
        # Links are followed first: the way up from a linked folder is not the way that led into it.
        folder = self.gate_file.absolute().parent.resolve()
        asked = list(self.series)
        for file in dict.fromkeys(files):
            if not file.is_file():
                raise ImportFileError(f"--series {file}: no such file; give a CSV or a saved answer of query_range")
            taken = {one.name for one in asked}
            names = (name for name in (file.stem, file.name) if name not in taken)
            asked.append(SeriesAsked(name=next(names, str(file))[:200], file=os.path.relpath(file.resolve(), folder)))
        return gather_series(self.candidates[0], asked, folder, settings)

    def write_report(self, gathered: Gathered = NO_SERIES) -> Path:
        """Write report.html and charts/; the page's path."""
        from doorbuster.analysis.report import write_report

        return write_report(self.candidates, self.verdict.baselines, self.verdict, self.audits[0], gathered)


def judge_release(
    candidates: Sequence[Path],
    baselines: Sequence[Path] = (),
    aa: Sequence[Path] = (),
    gate_file: Path | None = None,
    exports: Exports = NO_EXPORTS,
    noise: Path | None = None,
) -> Release:
    """Open the run directories and judge them by a gate file (the shipped one by default) and by the promises.

    `exports` stand in for what the one run given read back. `noise` is a noise profile, by default the one in
    analysis/baselines/ where there is one. Raises RunDirectoryError, GateError, NoiseError and ExportError, each with
    one sentence.
    """
    if exports.names() and len(candidates) != 1:
        raise ExportError("--orders, --payments and --events tell of one run; judge the runs one by one")
    where = find_gate(gate_file)
    gate = load_gate(where)
    ours, theirs, repeats = ([open_run(path) for path in paths] for paths in (candidates, baselines, aa))
    audits = tuple(audit_of(run, gate.promises, exports) for run in ours)
    known = NoiseKnown()
    if theirs:  # else nothing is compared
        stale_days = gate.comparison.noise_stale_days
        known = noise_known(noise, ours, (*theirs, *repeats), stale_days, datetime.now(UTC))
    verdict = judge(ours, theirs, repeats, gate, promise_results(audits), known.profile)
    said = known.sentences
    if known.profile and verdict.comparison.clock == "service":
        said = (*said, PROFILE_CLOCK)
    verdict = replace(verdict, warnings=(*verdict.warnings, *said))
    return Release(tuple(ours), tuple(theirs), verdict, audits, gate.series, where)
