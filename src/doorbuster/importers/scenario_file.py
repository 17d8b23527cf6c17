"""The scenario as TOML, ready to run; every number says whether it was measured, given or assumed."""

from __future__ import annotations

import re
from typing import Final

from doorbuster.importers.assumptions import scenario_figures
from doorbuster.importers.curve_file import journey_columns, rehearsed_minutes
from doorbuster.importers.grid import moment_text
from doorbuster.importers.imported import Figure, Imported
from doorbuster.importers.published import BUFFER
from doorbuster.vocabulary import JOURNEYS

LEAST_IN_FLIGHT: Final = 5000


def scenario_toml(imported: Imported, in_flight: int = LEAST_IN_FLIGHT) -> str:
    """The text of scenarios/NAME.toml."""
    figures = scenario_figures(imported)
    name = imported.name
    lines = [
        f"# Last year's peak, made by `doorbuster import` from {printable(imported.source)}.",
        f"# Curve:  scenarios/curves/{name}.csv, {_curve_words(imported)}.",
        f"# Buffer: {BUFFER.value:g}, on top of growth by journey.",
        f"# What was read, dropped and found: import-{name}.html. Each number below is measured, given or assumed.",
        *_baseline(imported),
        f'name = "{name}"',
        "",
        "[traffic]",
        f'curve = "curves/{name}.csv"',
        *_unit(imported, figures),
        *_window(imported),
        _line("buffer", figures["traffic.buffer"]),
        'arrivals = "poisson"',
        "seed = 2026",
        "",
        "[traffic.growth]                          # factors from last year to this, by journey",
        *(_line(journey, figures[f"traffic.growth.{journey}"]) for journey in JOURNEYS),
        "",
        "[journeys]                                # shares of last year's sessions",
        *_shares(figures),
        "",
        "[shopper]",
        *(_line(key.split(".")[1], figure) for key, figure in figures.items() if re.fullmatch(r"shopper\.\w+", key)),
        *_thinks(figures),
        *_moves(imported),
        "",
        "[storefront]",
        'platform = "staging"                      # until you say otherwise: nobody else\'s shop is loaded by mistake',
        "",
        "[limits]",
        f"in_flight = {in_flight}                          # assumed: room for twice the shoppers expected at once",
        "warm_up_s = 10",
        'allowed_hosts = ["127.0.0.1", "localhost", "::1"]',
    ]
    return "\n".join(lines) + "\n"


def _baseline(imported: Imported) -> list[str]:
    if not imported.baseline:
        return []
    return [
        f"# Last year's side: analysis/baselines/{imported.name}, {imported.baseline}; for compare, gate and report:",
        f"#   doorbuster compare --candidate runs/NEW --baseline analysis/baselines/{imported.name}",
    ]


def printable(text: str) -> str:
    """One line of visible characters: a file's name may hold anything."""
    return re.sub(r"[^\x20-\x7e\u00a0-\uffff]", "?", text)[:200]


def _line(key: str, figure: Figure, digits: int = 4) -> str:
    value = f"{round(figure.value, digits):.{digits}f}".rstrip("0")
    value = value + "0" if value.endswith(".") else value
    return f"{f'{key} = {value}':<41} # {printable(figure.remark)}"


def _shares(figures: dict[str, Figure]) -> list[str]:
    """Four digits each, and together exactly one."""
    rounded = {journey: round(figures[f"journeys.{journey}"].value, 4) for journey in JOURNEYS}
    most = max(rounded, key=lambda journey: rounded[journey])
    rounded[most] = round(rounded[most] + 1 - sum(rounded.values()), 4)
    return [
        f"{f'{journey} = {rounded[journey]:.4f}':<41} # {printable(figures[f'journeys.{journey}'].remark)}"
        for journey in JOURNEYS
    ]


def _thinks(figures: dict[str, Figure]) -> list[str]:
    steps = dict.fromkeys(
        key[len("shopper.think.") :].rpartition(".")[0] for key in figures if key.startswith("shopper.think.")
    )
    lines = []
    for step in steps:
        lines.append(f'[shopper.think."{step}"]' if "." in step else f"[shopper.think.{step}]")
        lines += [_line(key, figures[f"shopper.think.{step}.{key}"]) for key in ("median_s", "p90_s")]
    return lines


def _moves(imported: Imported) -> list[str]:
    if not imported.moves:
        return []
    remark = "measured: who browses goes on like this; the rest of a page's shoppers leave"
    lines = [f"{'[shopper.moves]':<41} # {remark}"]
    for step, after in imported.moves.items():
        shares = ", ".join(f"{next_step} = {share:.4f}" for next_step, share in after.items())
        lines.append(f"{step} = {{ {shares} }}")
    return lines


def _unit(imported: Imported, figures: dict[str, Figure]) -> list[str]:
    if imported.curve.leading == "orders" and not rehearsed_minutes(imported):
        return ['orders = "orders"', _line("conversion", figures["traffic.conversion"], 6)]
    figure = imported.requests_per_session
    if imported.curve.leading == "requests" and figure is not None:
        return [f"# The curve's sessions are requests / {figure.value:g}. {printable(figure.remark)}"]
    return []


def _window(imported: Imported) -> list[str]:
    window, curve = imported.window, imported.curve
    if rehearsed_minutes(imported):
        return [
            'window = "all"                            # assumed: the rows are too coarse to hold an hour; see the page'
        ]
    if window.last - window.first >= curve.count.size:
        return [f'window = "all"                            # {window.why}']
    if window.busiest_of_file:
        return [f'window = "peak 60m"                       # {window.why}']
    start, end = int(curve.start_s[window.first]), int(curve.start_s[window.last - 1]) + curve.step_s
    zone = "" if curve.offset_s is None else "Z"
    return [
        f'# {window.why}; "peak 60m" instead of from and to would take the file\'s busiest.',
        f"from = {moment_text(start).replace(' ', 'T')}{':00' if start % 60 == 0 else ''}{zone}",
        f"to = {moment_text(end).replace(' ', 'T')}{':00' if end % 60 == 0 else ''}{zone}",
    ]


def _curve_words(imported: Imported) -> str:
    if rehearsed_minutes(imported):
        return "an assumed hour of the busiest day"
    counted = imported.curve.leading if imported.curve.leading == "orders" else "sessions"
    unit = f"{counted} and journeys" if journey_columns(imported) else counted
    clock = imported.curve.clock
    told = "times as the file writes them" if imported.curve.offset_s is None else f"clock {clock}; `plan` shows UTC"
    return f"{unit} by {imported.curve.step_s} s, {printable(told)}"
