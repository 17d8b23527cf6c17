"""What a run notes about how it was made, each with what a difference in it means for a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from doorbuster.analysis.load import Run
from doorbuster.errors import ScenarioError
from doorbuster.scenario import Connections, Scenario, load_scenario

_DIFFERS: Final = "the {what} differs: {ours} this year, {theirs} last year"
_DIFFER: Final = "{what} differ: {ours} this year, {theirs} last year"

NOTED: Final[Mapping[str, str]] = {
    "platform": _DIFFERS,
    "scenario": _DIFFERS,
    "curve": "the curve differs: the same minute is not the same moment of the day",
    "seed": _DIFFERS + ", so other shoppers came at other moments",
    "clock": _DIFFERS + ", so peaks do not last as long",
    "faults": _DIFFER,
    "think times": _DIFFER + ", so that as many sessions are not as many at once",
    "patience": _DIFFERS + ", so that waits are cut off elsewhere",
    "way to the shop": _DIFFERS + "; making connections takes time of its own",
    "time-outs": _DIFFER + ", so that waits are cut off elsewhere",
    "start": _DIFFERS + "; a colder shop is a slower one",
    "platform options": "the scenario's options for its platform differ",
    "workers": _DIFFER,
    "generator's machine": _DIFFERS,
    "version of doorbuster": _DIFFERS + "; what it sends may have changed with it",
}
"""What is compared, and the sentence where it differs."""


def noted_values(runs: Sequence[Run]) -> dict[str, str]:
    """What the runs of one side noted, in words, several values with commas; empty where none of them tells."""
    each = [_noted(run) for run in runs]
    return {what: ", ".join(sorted({values[what] for values in each if values.get(what)})) for what in NOTED}


def _noted(run: Run) -> dict[str, str]:
    info, scenario = run.info, _scenario_of(run)
    digest, machine = info.get("scenario_sha256"), info.get("machine")
    noted = {
        "platform": info.get("platform"),
        "curve": info.get("curve_sha256"),
        "seed": info.get("seed"),
        "workers": info.get("workers"),
        "version of doorbuster": _part(info.get("versions"), "doorbuster"),
        "platform options": info.get("storefront_options"),
        "faults": _faults(info.get("faults")),
        "generator's machine": _machine(machine) if isinstance(machine, dict) else None,
    }
    if not run.from_telemetry:  # real shoppers had no scenario, and came before the window began
        noted["scenario"] = f"{info.get('scenario')}" + (f" ({str(digest)[:8]})" if digest else "")
        noted["clock"] = _clock(info)
        noted["start"] = _start(run, scenario)
    if scenario is not None:
        shopper = scenario.shopper
        noted["think times"] = ", ".join(
            f"{step} {think.median_s:g} s ({think.p90_s:g} s)" for step, think in sorted(shopper.think.items())
        )
        noted["patience"] = f"{shopper.patience_s:g} s"
        noted["way to the shop"] = _way(str(info.get("target")), scenario.connections)
        noted["time-outs"] = _time_outs(scenario.connections)
    return {what: str(value) for what, value in noted.items() if value not in (None, "")}


def _scenario_of(run: Run) -> Scenario | None:
    """The scenario as it was; None where there is none, or one that this version cannot read."""
    path = run.directory.path / "scenario.toml"
    try:
        return load_scenario(path) if path.is_file() else None
    except ScenarioError:
        return None


def _part(noted: object, key: str) -> Any:
    return noted.get(key) if isinstance(noted, dict) else None


def _clock(info: Mapping[str, Any]) -> str:
    minutes = info.get("minutes")
    scale = info.get("scale")
    said = "in full" if minutes is None else f"squeezed into {minutes:g} min"
    return said if scale in (None, 1.0) else f"{said} at {scale:g} times the rates"


def _start(run: Run, scenario: Scenario | None) -> str:
    """How cold the shop was when judgement began."""
    before = scenario.hooks.before if scenario else ()
    said = f"{run.warm_up_s:g} s of warm-up" if run.warm_up_s else "no warm-up"
    return f"{said} after {', '.join(before)}" if before else said


def _way(target: str, ways: Connections) -> str:
    return " ".join(
        [
            *([urlsplit(target).scheme] if urlsplit(target).scheme else []),
            "over reused connections" if ways.reuse else "over new connections",
            *(["through a proxy where the environment names one"] if ways.proxies_from_environment else []),
        ]
    )


def _time_outs(ways: Connections) -> str:
    limits = (ways.connect_timeout_s, ways.first_byte_timeout_s, ways.total_timeout_s)
    return " s, ".join(f"{limit:g}" for limit in limits) + " s (to connect, to the first byte, in all)"


def _machine(machine: Mapping[str, Any]) -> str:
    known = [str(machine[key]) for key in ("system", "architecture") if machine.get(key)]
    return " ".join([*known, f"with {machine['cpus']} processors" if machine.get("cpus") else ""]).strip()


def _faults(faults: object) -> str | None:
    if not isinstance(faults, list):
        return None
    return ", ".join(f"{one.get('name')} from {one.get('at')} s for {one.get('for')} s" for one in faults) or "none"
