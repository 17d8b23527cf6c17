"""A noise profile as a file: what people read first, then what comparisons read; replaced whole or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from doorbuster.analysis.noise_file import FORMAT, METRICS, NoiseFile
from doorbuster.record.directory import RunDirectory

EVERY_STEP: Final = "every step"


def save_noise(path: Path, noise: NoiseFile) -> None:
    """Replace the file whole or not at all. Raises RunDirectoryError."""
    RunDirectory(path.parent).write_text(path.name, noise_text(noise))


def noise_text(noise: NoiseFile) -> str:
    """The file's text: first what people read, then what comparisons read."""
    made = noise.made_on.model_dump(exclude_none=True)
    lines = [
        "# How far runs of one and the same shop lie apart, for later comparisons. Written by `doorbuster repeat`.",
        f"format = {FORMAT}",
        "",
        "[made_on]",
        *(f"{key} = {_toml(value)}" for key, value in made.items()),
        "",
        "[sd_percent]            # for people: standard deviation between the runs; worked out from what follows",
        *(f"{_toml(name)} = {_inline(row)}" for name, row in sd_percent(noise).items()),
    ]
    for run in noise.run:
        lines += ["", "[[run]]", f"id = {_toml(run.id)}", f"started_at = {run.started_at.isoformat()}"]
        lines += [f"release = {_toml(run.release)}", "", "[run.ms]"]
        lines += [f"{_toml(name)} = {_inline(values)}" for name, values in run.ms.items()]
    return "\n".join(lines) + "\n"


def sd_percent(noise: NoiseFile) -> dict[str, dict[str, float]]:
    """Standard deviation between runs by step or journey and quantile; "every step" is what moved all of them."""
    profile = noise.profile()
    if profile is None:
        return {}
    spread = profile.spread
    rows = {name: spread.squares[row] for row, name in enumerate(profile.selections)}
    rows[EVERY_STEP] = spread.run_squares
    sds = {name: np.sqrt(squares / spread.df) * 100 for name, squares in rows.items()}
    return {
        name: {metric: round(float(sd), 1) for metric, sd in zip(METRICS, row, strict=True) if math.isfinite(sd)}
        for name, row in sds.items()
    }


def _toml(value: str | float) -> str:
    # A JSON string is a TOML one, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _inline(values: Mapping[str, float]) -> str:
    return f"{{ {', '.join(f'{key} = {value!r}' for key, value in values.items())} }}" if values else "{}"


def utc_day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def noise_words(noise: NoiseFile) -> str:
    """The profile for a terminal."""
    head = (
        f"{len(noise.run)} repeats of {noise.made_on.scenario} on {noise.made_on.platform} at "
        f"{noise.made_on.target_host}, {utc_day(noise.first)} to {utc_day(noise.last)}"
    )
    rows = sd_percent(noise)
    if not rows:
        return f"{head}; one run repeats nothing yet, add others with --into"
    lines = [
        f"{head}; standard deviation between runs in %",
        f"  {'':<18}" + "".join(f"{metric:>8}" for metric in METRICS),
        *(
            f"  {name:<18}" + "".join(f"{row[metric]:>8.1f}" if metric in row else f"{'':>8}" for metric in METRICS)
            for name, row in rows.items()
        ),
    ]
    return "\n".join(lines)
