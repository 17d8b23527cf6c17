"""Where the three card folders are: scenarios/, locustfiles/ and analysis/, the files a shop opens and edits."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from doorbuster.errors import CardError, did_you_mean

FOLDERS = ("scenarios", "locustfiles", "analysis")


@dataclass(frozen=True)
class Cards:
    """The shipped card folders."""

    scenarios: Path
    locustfiles: Path
    analysis: Path


def cards() -> Cards:
    """The copies inside the wheel where they exist, else the checkout's own (an editable install has no copies)."""
    package = Path(__file__).resolve().parent
    for root in (package / "_bundled", package.parents[1]):
        if all((root / name).is_dir() for name in FOLDERS):
            return Cards(*(root / name for name in FOLDERS))
    raise CardError(f"{package}: the scenarios/, locustfiles/ and analysis/ folders are missing; reinstall doorbuster")


def find_scenario(name: str) -> Path:
    """A path, then scenarios/NAME.toml in the working directory, then the shipped one."""
    given = Path(name)
    if given.suffix == ".toml" or len(given.parts) > 1:
        if given.is_file():
            return given
        raise CardError(f"{name}: no such scenario file; `doorbuster init .` copies the shipped ones here")
    shipped = cards().scenarios
    for folder in (Path("scenarios"), shipped):
        candidate = folder / f"{name}.toml"
        if candidate.is_file():
            return candidate
    known = {path.stem for folder in (Path("scenarios"), shipped) for path in folder.glob("*.toml")}
    raise CardError(f'no scenario "{name}" in scenarios/ or among the shipped ones{did_you_mean(name, known)}')


def find_gate(path: Path | None) -> Path:
    """The gate file given, else analysis/gates/release.toml in the working directory, else the shipped one."""
    if path is not None:
        if path.is_file():
            return path
        raise CardError(f"{path}: no such gate file; leave --gate out for the shipped analysis/gates/release.toml")
    own = Path("analysis/gates/release.toml")
    return own if own.is_file() else cards().analysis / "gates" / "release.toml"


def copy_cards(destination: Path, force: bool) -> list[Path]:
    """Copy the card folders out to edit; returns the files written. Overwrites nothing without `force`.

    Raises CardError, before anything is written, when a file is in the way.
    """
    shipped = cards()
    pairs = [
        (source, destination / folder.name / source.relative_to(folder))
        for folder in (shipped.scenarios, shipped.locustfiles, shipped.analysis)
        for source in sorted(folder.rglob("*"))
        if source.is_file() and "__pycache__" not in source.parts and not source.name.startswith(".")
    ]
    in_the_way = [target for _, target in pairs if target.exists()]
    if in_the_way and not force:
        raise CardError(
            f"{in_the_way[0]} is there already ({len(in_the_way)} files in the way); "
            "nothing was copied: choose another folder, or overwrite with --force"
        )
    try:
        for source, target in pairs:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    except OSError as refused:
        raise CardError(f"{destination}: cannot be written ({refused}); choose another folder") from None
    return [target for _, target in pairs]
