"""What `gate` leaves behind: verdict.json, junit.xml and summary.md, in the run directory and where a CI wants them."""

from __future__ import annotations

from pathlib import Path

from doorbuster.analysis.junit import render_junit
from doorbuster.analysis.load import Run
from doorbuster.analysis.summary import render_summary
from doorbuster.analysis.verdict import Verdict, verdict_to_json
from doorbuster.errors import RunDirectoryError
from doorbuster.record.directory import RunDirectory


def write_outputs(run: Run, verdict: Verdict, junit: Path | None = None, summary: Path | None = None) -> Path:
    """Write the verdict in its three forms, copies at the given paths too; returns the path of verdict.json.

    Raises RunDirectoryError where a file cannot be written.
    """
    for copy in (junit, summary):
        if copy is not None and copy.is_dir():  # said before anything is written
            raise RunDirectoryError(f"{copy}: is a folder; name the file to write")
    files = {"junit.xml": render_junit(run, verdict), "summary.md": render_summary(run, verdict).encode("utf-8")}
    for name, content in files.items():
        run.directory.write_bytes(name, content)
    for copy, name in ((junit, "junit.xml"), (summary, "summary.md")):
        if copy is not None:
            try:
                RunDirectory(copy.parent).write_bytes(copy.name, files[name])
            except OSError as refused:
                raise RunDirectoryError(f"{copy}: cannot be written ({refused}); choose another place") from None
    return run.directory.write_text("verdict.json", verdict_to_json(verdict))
