"""A shop that exists in arithmetic alone: what a run of it would have measured, in a third of a second.

Shoppers come as the curve says (a Poisson process), walk one of three journeys with think times between their steps,
and are served first come, first served by a pool of workers; what a step needs is log-normal. What makes real runs hard
to compare is here too: the whole shop's speed drifts within a run, it stands still now and then, it is another on
another day (through the queue, so that a slow day is slower still at the peak), and each step has days of its own.
Not here: caches that warm up, retries, time-outs.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from doorbuster.analysis.load import Run
from doorbuster.record.directory import RunDirectory
from doorbuster.record.histogram import BOUNDS_US, index_of_bounds

WALKS: Final[dict[str, tuple[str, ...]]] = {
    "browse": ("home", "collection", "product", "search", "product"),
    "cart": ("home", "collection", "product", "cart.create", "cart.add", "product", "cart.update", "cart.view"),
    "native_checkout": (
        *("home", "search", "product", "cart.create", "cart.add", "cart.discount", "cart.view", "checkout.start"),
        *("checkout.address", "checkout.shipping", "checkout.payment", "checkout.complete", "order.read", "home"),
    ),
}
SHARES: Final = {"browse": 0.6, "cart": 0.25, "native_checkout": 0.15}
STEPS: Final = tuple(dict.fromkeys(step for walk in WALKS.values() for step in walk))
STEPS_PER_SESSION: Final = sum(SHARES[journey] * len(walk) for journey, walk in WALKS.items())
RELATIVE_MEDIAN: Final = {
    "search": 1.6,
    "checkout.payment": 2.0,
    "checkout.complete": 2.5,
    "cart.view": 0.7,
    "home": 0.6,
}
SIGMA: Final = 0.5  # of the logarithm of what a step needs
THINK_MEAN_S: Final = 2.0
WORKERS: Final = 16
DRIFT_SD, DRIFT_TAU_S = 0.04, 90.0
STEP_SHARE: Final = 0.4  # how much a step differs between runs by itself, of how much runs differ


@dataclass(frozen=True)
class Weather:
    """What a day does to a shop: shared by whatever runs on the same machines at the same time."""

    speed: float
    """Time that everything takes, as a multiple."""
    step_speed: Mapping[str, float]
    drift: np.ndarray[Any, Any]
    """The same by second."""


def weather(rng: np.random.Generator, seconds: int, run_sd: float) -> Weather:
    """Draw a day: `run_sd` is the standard deviation between runs of the logarithm of the shop's speed."""
    keep = np.exp(-1 / DRIFT_TAU_S)
    noise, drift, value = rng.normal(0, DRIFT_SD * np.sqrt(1 - keep**2), seconds), np.empty(seconds), 0.0
    value = float(rng.normal(0, DRIFT_SD))
    for second in range(seconds):
        value = keep * value + noise[second]
        drift[second] = value
    own = np.exp(rng.normal(0, STEP_SHARE * run_sd, len(STEPS)))
    return Weather(float(np.exp(rng.normal(0, run_sd))), dict(zip(STEPS, own, strict=True)), np.exp(drift))


def peaked(seconds: int, sessions_per_s: float) -> np.ndarray[Any, Any]:
    """Sessions a second by second, with this mean and a peak of about 1.6 times it."""
    place = np.arange(seconds) / seconds
    shape = 0.5 + 1.2 * np.exp(-(((place - 0.6) / 0.22) ** 2))
    return np.asarray(sessions_per_s * shape / shape.mean())


def service_mean_s(peak_sessions_per_s: float, load: float, workers: int = WORKERS) -> float:
    """Mean time a step must need for so many sessions a second to keep a share `load` of the workers busy."""
    return load * workers / (peak_sessions_per_s * STEPS_PER_SESSION)


def capacity_sessions_per_s(mean_s: float, workers: int = WORKERS) -> float:
    """Sessions a second that keep every worker busy, pauses and drift aside: the truth that a ramp looks for."""
    return workers / (mean_s * STEPS_PER_SESSION)


@dataclass(frozen=True, eq=False)
class SimulatedRun(Run):
    """A run whose tables were never on a disk."""

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @cached_property
    def arrivals(self) -> pd.DataFrame:
        return self.tables["arrivals"]

    @cached_property
    def latency(self) -> pd.DataFrame:
        return self.tables["latency"]

    @cached_property
    def sessions(self) -> pd.DataFrame:
        return self.tables["sessions"]


def simulate(
    rng: np.random.Generator,
    rate_per_s: np.ndarray[Any, Any],
    day: Weather,
    mean_s: float,
    workers: int = WORKERS,
    slower: Mapping[str, float] | None = None,
    name: str = "simulated",
) -> SimulatedRun:
    """One run. `rate_per_s`: sessions a second by second; `mean_s`: what a step needs on average, on an average day;
    `slower`: latency multiplier by step, laid onto what the queue gave (it makes no queue of its own)."""
    seconds = len(rate_per_s)
    arriving = rng.poisson(rate_per_s)
    due_s = np.sort(np.repeat(np.arange(seconds), arriving) + rng.uniform(0, 1, int(arriving.sum())))
    journeys = rng.choice(len(WALKS), size=len(due_s), p=[SHARES[journey] for journey in WALKS])
    walks = [[STEPS.index(step) for step in walk] for walk in WALKS.values()]
    session, step, asked_s, answered_s = _serve(rng, due_s, journeys, walks, day, mean_s, workers)
    factor = np.array([(slower or {}).get(one, 1.0) for one in STEPS])
    latency_us = (answered_s - asked_s) * 1e6 * factor[step]
    info: dict[str, Any] = {
        "id": name,
        "scenario": {"name": "simulated"},
        "clock": {"warm_up_s": 0.0, "duration_s": float(seconds)},
        "complete": True,
    }
    tables = {
        "arrivals": _arrivals(due_s, journeys, seconds),
        "latency": _latency(asked_s, journeys[session], step, latency_us),
        "sessions": _sessions(due_s, journeys, session, answered_s),
    }
    return SimulatedRun(RunDirectory(Path(name)), info, tables=tables)


def _serve(
    rng: np.random.Generator,
    due_s: np.ndarray[Any, Any],
    journeys: np.ndarray[Any, Any],
    walks: list[list[int]],
    day: Weather,
    mean_s: float,
    workers: int,
) -> tuple[np.ndarray[Any, Any], ...]:
    """(session, step, when asked, when answered) of every step, in the order of asking.

    An answer waits for a free worker, and for the end of a pause, in which all of them stand still: the clock on which
    work is done leaves pauses out.
    """
    medians = np.array([RELATIVE_MEDIAN.get(step, 1.0) for step in STEPS])
    count = np.bincount(np.concatenate([np.repeat(walk, (journeys == i).sum()) for i, walk in enumerate(walks)]))
    medians = medians * mean_s / (np.average(medians, weights=count) * np.exp(SIGMA**2 / 2))
    own = medians * np.array([day.step_speed[step] for step in STEPS]) * day.speed
    last = len(day.drift) - 1
    pause_at, paused = _pauses(rng, len(day.drift) + 600)
    worked_at_pause = pause_at - np.concatenate([[0.0], paused[:-1]])
    starts, before, worked_starts = pause_at.tolist(), [0.0, *paused.tolist()], worked_at_pause.tolist()

    total = sum(len(walks[journey]) for journey in journeys.tolist())
    needs = np.exp(rng.normal(0, SIGMA, total)).tolist()
    thinks = rng.exponential(THINK_MEAN_S, total).tolist()
    coming = [(due, number, 0) for number, due in enumerate(due_s.tolist())]  # sorted, and so a heap
    free = [0.0] * workers
    drift, own_list, journey_list = day.drift.tolist(), own.tolist(), journeys.tolist()
    sessions, steps, asked, answered = [0] * total, [0] * total, [0.0] * total, [0.0] * total
    for index in range(total):
        at_s, number, position = coming[0]
        walk = walks[journey_list[number]]
        step = walk[position]
        # The workers' clock: when a pause is on, it stands at the pause's start.
        pauses = bisect_right(starts, at_s)
        worked_s = at_s - before[pauses]
        if pauses and worked_s < worked_starts[pauses - 1]:
            worked_s = worked_starts[pauses - 1]
        began_s = max(worked_s, free[0])
        need_s = own_list[step] * needs[index] * drift[min(int(at_s), last)]
        ended_s = began_s + need_s
        heapq.heapreplace(free, ended_s)
        wall_s = ended_s + before[bisect_right(worked_starts, ended_s)]
        sessions[index], steps[index], asked[index], answered[index] = number, step, at_s, wall_s
        if position + 1 < len(walk):
            heapq.heapreplace(coming, (wall_s + thinks[index], number, position + 1))
        else:
            heapq.heappop(coming)
    return np.array(sessions), np.array(steps), np.array(asked), np.array(answered)


def _pauses(rng: np.random.Generator, seconds: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """When everything stands still, and how long it has stood still by the end of each of these pauses."""
    gaps = rng.uniform(10, 40, seconds // 10)
    lengths = rng.uniform(0.05, 0.3, len(gaps))
    ends = np.cumsum(gaps + lengths)
    return ends - lengths, np.cumsum(lengths)


def _arrivals(due_s: np.ndarray[Any, Any], journeys: np.ndarray[Any, Any], seconds: int) -> pd.DataFrame:
    names = list(WALKS)
    planned = np.zeros((seconds, len(names)), dtype=np.int64)
    np.add.at(planned, (due_s.astype(int), journeys), 1)
    flat = planned.ravel()
    return pd.DataFrame(
        {
            "second": np.repeat(np.arange(seconds), len(names)),
            "journey": pd.Categorical(names * seconds, categories=names),
            "planned": flat,
            "started": flat,
        }
    )


def _latency(
    asked_s: np.ndarray[Any, Any],
    journey: np.ndarray[Any, Any],
    step: np.ndarray[Any, Any],
    latency_us: np.ndarray[Any, Any],
) -> pd.DataFrame:
    bucket = index_of_bounds(latency_us)
    key = ((asked_s.astype(np.int64) * len(WALKS) + journey) * len(STEPS) + step) * len(BOUNDS_US) + bucket
    found, count = np.unique(key, return_counts=True)
    rest, bucket = np.divmod(found, len(BOUNDS_US))
    rest, step = np.divmod(rest, len(STEPS))
    second, journey = np.divmod(rest, len(WALKS))
    ones = np.zeros(len(found), dtype=np.int8)
    return pd.DataFrame(
        {
            "second": second.astype(np.int32),
            "worker": pd.Categorical.from_codes(ones, categories=["w0"]),
            "journey": pd.Categorical.from_codes(journey, categories=list(WALKS)),
            "step": pd.Categorical.from_codes(step, categories=list(STEPS)),
            "outcome": pd.Categorical.from_codes(ones, categories=["ok"]),
            "clock": pd.Categorical.from_codes(ones, categories=["response"]),
            "bucket_us": BOUNDS_US[bucket],
            "count": count,
            "arm": pd.Categorical.from_codes(ones, categories=["candidate"]),
        }
    )


def _sessions(
    due_s: np.ndarray[Any, Any],
    journeys: np.ndarray[Any, Any],
    session: np.ndarray[Any, Any],
    answered_s: np.ndarray[Any, Any],
) -> pd.DataFrame:
    ended_s = np.zeros(len(due_s))
    np.maximum.at(ended_s, session, answered_s)
    return pd.DataFrame(
        {
            "session": np.arange(len(due_s)),
            "journey": pd.Categorical.from_codes(journeys, categories=list(WALKS)),
            "due_us": (due_s * 1e6).astype(np.int64),
            "started_us": (due_s * 1e6).astype(np.int64),
            "ended_us": (ended_s * 1e6).astype(np.int64),
            "outcome": "ok",
        }
    )
