"""One rehearsal on a live engine: measured, loaded at half of that for a minute, and laid beside the engine's books."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from doorbuster.scenario import load_scenario
from doorbuster.storefronts.base import Shop
from doorbuster.storefronts.platforms import options_of, platform_named
from tests.conftest import clean_environment
from tests.live.capacity import Capacity, capacity
from tests.live.engine import FOLDER, BookedOrder, Engine, Running

MEASURED_S = 8
MINUTE_S = 60
LEAST_PER_S = 0.3
"""Below it a minute holds too few sessions to speak of a share of them."""


@dataclass(frozen=True)
class Rehearsed:
    """A run on an engine, and what the engine's books have of it."""

    engine: str
    capacity: Capacity
    run: Path
    exit_code: int
    said: str
    sessions: pd.DataFrame
    steps: pd.DataFrame
    """The run's latency table: one clock's rows."""
    booked: Mapping[str, BookedOrder]
    """Orders that came into the engine's own database in the meantime, by order id."""

    @property
    def seen(self) -> pd.DataFrame:
        """Sessions whose page confirmed an order."""
        return self.sessions[self.sessions.order_id.notna()]

    def row(self) -> list[str]:
        """A line of the table: `conftest.COLUMNS`, but for the promises."""
        found = self.seen.order_id.isin(list(self.booked)).sum()
        bad = self.steps[~self.steps.outcome.isin(["ok"])].groupby(["step", "outcome"])["count"].sum()
        kinds = ", ".join(f"{step} {outcome} {count}" for (step, outcome), count in bad.items())
        return [
            self.engine,
            f"{self.capacity.sessions_per_s:.1f}/s",
            f"{len(self.sessions)}",
            f"{(self.sessions.outcome == 'ok').mean():.1%}",
            f"{len(self.seen)}",
            f"{found}",
            f"{self.steps['count'].sum() / (self.steps.second.max() - self.steps.second.min() + 1):.1f}",
            kinds or "none",
        ]


def rehearse(engine: Engine, running: Running, work: Path) -> Rehearsed:
    """Measure what it takes, then run a minute of all four journeys at half of that."""
    scenario_path = write_scenario(engine, running, work, LEAST_PER_S)
    scenario = load_scenario(scenario_path)
    platform = platform_named(scenario.storefront.platform, work, str(scenario_path))
    options = options_of(platform, scenario.storefront.options, work, str(scenario_path))
    token, admin = (running.env.get(f"DOORBUSTER_{kind}_TOKEN", "") for kind in ("STOREFRONT", "ADMIN"))
    shop = Shop(running.base_url, options, token, admin)
    measured = capacity(platform, shop, scenario, "20261122T000000Z-capacity", MEASURED_S)
    write_scenario(engine, running, work, max(LEAST_PER_S, measured.sessions_per_s / 2))
    before = running.read_books().orders
    done = doorbuster("run", scenario_path, "--target", running.base_url, "--runs", work / "runs", env=running.env)
    lines = done.stdout.strip().splitlines()
    run = Path(lines[-1]) if lines else work
    assert run.is_dir(), f"{engine.name}: no run: {done.stdout}{done.stderr}"
    steps = pd.read_parquet(run / "latency.parquet")
    after = running.read_books().orders
    return Rehearsed(
        engine.name,
        measured,
        run,
        done.returncode,
        done.stdout + done.stderr,
        pd.read_parquet(run / "sessions.parquet"),
        steps[steps.clock == "service"],
        {order_id: order for order_id, order in after.items() if order_id not in before},
    )


def write_scenario(engine: Engine, running: Running, work: Path, sessions_per_s: float) -> Path:
    """The engine's scenario in `work`, with its options, and a curve of one even minute."""
    for card in (FOLDER / engine.name).glob("*.toml"):
        shutil.copy(card, work / card.name)
    path = work / "scenario.toml"
    options = [f"{name} = {json.dumps(value)}\n" for name, value in running.options.items()]
    if options:
        path.write_text(path.read_text() + "\n[storefront.options]\n" + "".join(options))
    rows = [f"2025-11-28 20:{second // 60:02d}:{second % 60:02d},{sessions_per_s}" for second in range(MINUTE_S)]
    (work / "curve.csv").write_text("\n".join(["time,sessions", *rows]) + "\n")
    return path


def doorbuster(*words: object, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The command line, as a shop's engineer starts it."""
    return subprocess.run(
        [sys.executable, "-m", "doorbuster", *map(str, words)],
        env={**clean_environment(), **env}, capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip


@dataclass(frozen=True)
class Audited:
    """What `doorbuster audit` came to."""

    exit_code: int
    kept: Mapping[str, bool | None]
    """By promise; None where it cannot tell."""
    said: str

    def in_short(self) -> str:
        words = Counter({True: "kept", False: "broken", None: "cannot tell"}[kept] for kept in self.kept.values())
        broken = [name for name, kept in self.kept.items() if kept is False]
        return ", ".join(f"{count} {word}" for word, count in words.items()) + (
            f" ({', '.join(broken)})" if broken else ""
        )


def audit(rehearsed: Rehearsed, env: Mapping[str, str]) -> Audited:
    """Hold the run against every promise, by the command line."""
    done = doorbuster("audit", rehearsed.run, env=env)
    findings = json.loads((rehearsed.run / "audit.json").read_text())["promises"]
    return Audited(done.returncode, {one["promise"]: one["kept"] for one in findings}, done.stdout + done.stderr)


def errors_of(sessions: pd.DataFrame) -> Counter[str]:
    """What sessions that did not end well came to: `last step: outcome`."""
    bad = sessions[sessions.outcome != "ok"]
    return Counter(f"{step}: {outcome}" for step, outcome in zip(bad.last_step, bad.outcome, strict=True))
