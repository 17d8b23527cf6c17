"""The scenario, its curve and the page appear together or not at all, and overwrite nothing unasked."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from doorbuster.errors import ImportFileError
from doorbuster.importers.curve_file import curve_csv
from doorbuster.importers.imported import Imported
from doorbuster.importers.scenario_file import LEAST_IN_FLIGHT, scenario_toml


def check_name(name: str) -> None:
    """Raises ImportFileError for a name that makes no file name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", name):
        raise ImportFileError(f"-o {name!r}: a name is letters, digits, - and _, sixty at most, e.g. last-november")


def targets(name: str) -> dict[str, Path]:
    """Where an import's files go, in the working directory."""
    return {
        "scenario": Path("scenarios") / f"{name}.toml",
        "curve": Path("scenarios/curves") / f"{name}.csv",
        "page": Path(f"import-{name}.html"),
    }


def check_free(paths: Mapping[str, Path], force: bool) -> None:
    """Raises ImportFileError when a file is in the way; to be called before the long work."""
    there = [path for path in paths.values() if path.exists()]
    if there and not force:
        raise ImportFileError(
            f"{there[0]} is there already; nothing was written: choose another name, or overwrite with --force"
        )


def write_import(imported: Imported, force: bool = False, folders: Mapping[str, Path] | None = None) -> dict[str, Path]:
    """Write all outputs into the working directory and return their paths.

    `folders`: further finished files or folders, made elsewhere on this disk, by where they go. Before anything
    appears, `plan` is made of the scenario once: what it refuses is never written. Raises ImportFileError.
    """
    from doorbuster.analysis.imported import render_import
    from doorbuster.errors import CurveError, ScenarioError

    paths = targets(imported.name)
    check_free({**paths, **{name: Path(name) for name in folders or {}}}, force)
    stage = Path(f".import-{imported.name}.{os.getpid()}")
    try:
        try:
            (stage / "curves").mkdir(parents=True)
            curve, scenario, page = stage / f"curves/{imported.name}.csv", stage / "scenario.toml", stage / "page.html"
            curve.write_text(curve_csv(imported), encoding="utf-8")
            scenario.write_text(scenario_toml(imported), encoding="utf-8")
            text, at_once = _planned(scenario)
            if 2 * at_once > LEAST_IN_FLIGHT:
                scenario.write_text(scenario_toml(imported, in_flight=-(-2 * at_once // 1000) * 1000), encoding="utf-8")
            page.write_text(render_import(imported, text), encoding="utf-8")
        except (CurveError, ScenarioError) as refused:
            reason = str(refused).replace(f"{stage}/", "")
            raise ImportFileError(f"no scenario can be made of this: {reason}") from None
        moves = [(scenario, paths["scenario"]), (curve, paths["curve"]), (page, paths["page"])]
        moves += [(source, Path(target)) for target, source in (folders or {}).items()]
        into_place(moves, stage / "before")
    except OSError as refused:
        reason = f"{refused.strerror or refused}: {refused.filename or Path.cwd()}"
        raise ImportFileError(f"the import cannot be written ({reason}); nothing was; choose another folder") from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return paths


def _planned(scenario: Path) -> tuple[str, int]:
    """What `plan` says of the scenario, and shoppers at once at its busiest minute."""
    from doorbuster.journeys.expect import expect
    from doorbuster.rehearsal.planning import plan_of
    from doorbuster.traffic.outlook import outlook

    plan = plan_of(scenario)
    seen = outlook(plan, expect(plan.scenario, plan.seed))
    busiest = seen.planned_per_minute[seen.busiest_minute].sum()
    told = (
        f"With growth and buffer: {seen.sessions:,} sessions, {seen.orders:,} of them meant to buy; the busiest minute "
        f"{busiest:,.0f}, about {seen.shoppers_at_once:,} shoppers in the shop at once."
    )
    return told, seen.shoppers_at_once


def into_place(moves: list[tuple[Path, Path]], kept: Path) -> None:
    """Move all, or put everything back as it was; what is in the way waits in `kept`, a folder still to be made."""
    made: list[Path] = []
    done: list[tuple[Path, Path | None]] = []
    kept.mkdir()
    try:
        for source, target in moves:
            missing = [folder for folder in target.parents if not folder.exists()]
            target.parent.mkdir(parents=True, exist_ok=True)
            made += missing
            old = kept / str(len(done)) if target.exists() else None
            if old is not None:
                target.rename(old)
            done.append((target, old))
            source.rename(target)
    except BaseException:
        for target, old in reversed(done):
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target, ignore_errors=True)
            else:
                target.unlink(missing_ok=True)
            if old is not None:
                old.rename(target)
        for folder in sorted(made, key=lambda path: -len(path.parts)):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        raise
