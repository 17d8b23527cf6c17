"""Makes run directories as the recorder would, from a seed and a few plain numbers, without sending anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from doorbuster.record.directory import RunDirectory
from doorbuster.record.histogram import BOUNDS_US, index_of_bounds
from doorbuster.vocabulary import CONSERVATION

WALKS: dict[str, tuple[str, ...]] = {
    "browse": ("home", "collection", "product"),
    "cart": ("home", "product", "cart.create", "cart.add", "cart.view"),
    "native_checkout": ("product", "cart.add", "checkout.start", "checkout.payment", "checkout.complete"),
    "express_wallet": ("product", "wallet.start", "wallet.token", "wallet.complete"),
}
SHARES = {"browse": 0.5, "cart": 0.2, "native_checkout": 0.2, "express_wallet": 0.1}
MEDIAN_MS = {"checkout.complete": 150.0, "wallet.complete": 140.0, "checkout.payment": 90.0, "home": 20.0}


@dataclass(frozen=True)
class Recipe:
    """What the run should look like."""

    seed: int = 1
    seconds: int = 60
    warm_up_s: int = 10
    sessions_per_s: float = 10.0
    factor: Mapping[str, float] = field(default_factory=dict)
    """Latency multiplier by step; "*" for all."""
    run_factor: float = 1.0
    error_share: float = 0.0
    error_outcome: str = "error"
    error_step: str = "*"
    dropped: int = 0
    late_ms: float = 1.0
    complete: bool = True
    stopped_because: str = "finished"
    info: Mapping[str, Any] = field(default_factory=dict)
    """Keys of run.json to replace."""
    journeys: tuple[str, ...] = tuple(WALKS)
    shares: Mapping[str, float] = field(default_factory=lambda: SHARES)
    peaked: bool = False
    order_minor: int = 0
    """What each buyer spends; 0 for nobody bought."""
    lost_buyers: int = 0
    """The first so many of each buying journey end in an error."""


def make_run(folder: Path, recipe: Recipe = Recipe()) -> Path:  # frozen, so shared safely
    """Write a run directory and return its path."""
    rng = np.random.default_rng(recipe.seed)
    directory = RunDirectory(folder)
    folder.mkdir(parents=True, exist_ok=True)
    counts = {journey: dict.fromkeys(CONSERVATION, 0) for journey in recipe.journeys}
    arrivals, sessions, latency = [], [], []
    number = 0
    for journey in recipe.journeys:
        second = np.arange(recipe.seconds)
        shape = 0.4 + 0.9 * np.exp(-(((second / recipe.seconds - 0.6) / 0.2) ** 2)) if recipe.peaked else 1.0
        planned = rng.poisson(recipe.sessions_per_s * recipe.shares[journey] * shape, recipe.seconds)
        dropped = np.zeros(recipe.seconds, dtype=int)
        if journey == recipe.journeys[0] and recipe.dropped:
            dropped[np.argsort(-planned, kind="stable")[: recipe.dropped]] = 1
        started = planned - dropped
        due_us = np.sort(np.repeat(second, started) * 1e6 + rng.uniform(0, 1e6, started.sum()))
        late_us = rng.exponential(recipe.late_ms * 1000 / 4.6, len(due_us))
        arrivals.append(_arrival_rows(journey, planned, started, dropped, recipe.late_ms))
        rows, ended_us = _steps(rng, recipe, journey, due_us)
        latency += rows
        for position, (due, late, end) in enumerate(zip(due_us, late_us, ended_us, strict=True)):
            intent = f"i{number}" if journey in ("native_checkout", "express_wallet") else None
            lost = intent is not None and position < recipe.lost_buyers
            order = {"order_id": f"o{number}", "total_minor": recipe.order_minor, "currency": "EUR"}
            sessions.append(
                {
                    "session": number,
                    "journey": journey,
                    "intent": intent,
                    "due_us": int(due),
                    "started_us": int(due + late),
                    "ended_us": int(end),
                    "outcome": "error" if lost else "ok",
                    "last_step": WALKS[journey][-1],
                    "products": ["p1"],
                    "patience_s": 30.0,
                    "worker": "w0",
                    **(order if intent and recipe.order_minor and not lost else {}),
                }
            )
            number += 1
        counts[journey].update(planned=int(planned.sum()), started=int(started.sum()), finished=int(started.sum()))
        counts[journey]["dropped_limit"] = int(dropped.sum())
    for table in arrivals:
        directory.write_part("arrivals", table, part=str(table["journey"][0]))
    directory.write_rows("sessions", sessions, part="0")
    for position, table in enumerate(latency):
        directory.write_part("latency", table, part=f"{position:03d}")
    totals = {key: sum(count[key] for count in counts.values()) for key in CONSERVATION}
    directory.write_run({**_info(folder.name, recipe), "conservation": totals, "sessions": counts, **recipe.info})
    return folder


def _arrival_rows(journey: str, planned: Any, started: Any, dropped: Any, late_ms: float) -> dict[str, list[Any]]:
    rows = len(planned)
    zero = [0] * rows
    return {
        "second": list(range(rows)),
        "journey": [journey] * rows,
        "planned": planned.tolist(),
        "started": started.tolist(),
        "dropped_limit": dropped.tolist(),
        "dropped_worker_lost": zero,
        "not_reached": zero,
        "dropped": dropped.tolist(),
        "late_ms_p50": [late_ms / 6] * rows,
        "late_ms_p99": [late_ms] * rows,
        "late_ms_max": [late_ms] * rows,
    }


def _steps(rng: Any, recipe: Recipe, journey: str, due_us: Any) -> tuple[list[dict[str, list[Any]]], Any]:
    """Latency rows on both clocks, and when each session ended."""
    tables = []
    at_us = due_us.copy()
    for step in WALKS[journey]:
        median_ms = MEDIAN_MS.get(step, 45.0) * recipe.factor.get(step, recipe.factor.get("*", 1.0)) * recipe.run_factor
        service_us = median_ms * 1000 * np.exp(rng.normal(0, 0.25, len(at_us)))
        failed = rng.uniform(size=len(at_us)) < (recipe.error_share if recipe.error_step in ("*", step) else 0)
        outcome = np.where(failed, recipe.error_outcome, "ok")
        for clock, shift_us in (("service", 0.0), ("response", 500.0)):
            tables.append(_tidy(at_us, outcome, service_us + shift_us, (journey, step, clock)))
        at_us = at_us + service_us + rng.uniform(0.2e6, 2e6, len(at_us))
    return tables, at_us


def _tidy(at_us: Any, outcome: Any, latency_us: Any, where: tuple[str, str, str]) -> dict[str, list[Any]]:
    bucket = index_of_bounds(latency_us)
    keys, count = np.unique(
        np.stack([(at_us // 1e6).astype(int), (outcome != "ok").astype(int), bucket]), axis=1, return_counts=True
    )
    journey, step, clock = where
    bad = next((name for name in outcome if name != "ok"), "ok")
    rows = keys.shape[1]
    return {
        "second": keys[0].tolist(),
        "worker": ["w0"] * rows,
        "journey": [journey] * rows,
        "step": [step] * rows,
        "outcome": [str(bad) if flag else "ok" for flag in keys[1]],
        "clock": [clock] * rows,
        "bucket_us": BOUNDS_US[keys[2]].tolist(),
        "count": count.tolist(),
    }


def _info(name: str, recipe: Recipe) -> dict[str, Any]:
    return {
        "format": 1,
        "id": name,
        "scenario": "black-friday",
        "scenario_sha256": "0" * 64,
        "curve_sha256": "1" * 64,
        "seed": 2026,
        "scale": 1.0,
        "minutes": None,
        "target_host": "127.0.0.1",
        "platform": "staging",
        "prepared_at": "2026-11-20T10:00:00Z",
        "started_at": "2026-11-20T10:00:05Z",
        "ended_at": "2026-11-20T10:01:05Z" if recipe.complete else None,
        "git_revision": None,
        "versions": {"doorbuster": "0.1.0"},
        "workers": 1,
        "machine": {"cpus": 2, "system": "Linux"},
        "clock": {"warm_up_s": recipe.warm_up_s, "duration_s": recipe.seconds, "squeeze": 1.0},
        "complete": recipe.complete,
        "stopped_because": recipe.stopped_because,
        "generator": {
            "loop_stall_ms_p99": 4.0,
            "loop_stall_ms_max": 21.0,
            "cpu_share_p95": 0.4,
            "memory_mb_max": 180.0,
        },
        "last_year": {
            "second": [0, recipe.seconds // 2],
            "sessions_per_s": [recipe.sessions_per_s * 0.6, recipe.sessions_per_s * 0.8],
        },
        "overrides": [],
    }


def make_killed_run(folder: Path, recipe: Recipe = Recipe(seconds=20)) -> Path:  # frozen
    """A run whose process was killed with -9: the tables end early, run.json still says it is running."""
    make_run(folder, recipe)
    directory = RunDirectory(folder)
    info = directory.read_run()
    for key in ("generator", "conservation", "sessions"):
        info.pop(key)
    directory.write_run({**info, "complete": False, "stopped_because": "running", "ended_at": None})
    for part in (folder / "sessions.parquet").iterdir():
        part.unlink()
    # What a writer leaves when it dies in the middle of a part.
    (folder / "latency.parquet" / ".part-999.parquet").write_bytes(b"PAR1 unfinished")
    return folder
