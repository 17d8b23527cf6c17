"""The tables of the import's page: every number with its range and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence

from doorbuster.analysis.wording import milliseconds, percent, whole
from doorbuster.importers.assumptions import scenario_figures
from doorbuster.importers.imported import Figure, Imported
from doorbuster.importers.log.models import QUANTILES
from doorbuster.traffic.moves import BROWSE_STEPS, START

THINK_HEADS = ("pauses", *(f"p{share * 100:.0f}" for share in QUANTILES), "median taken", "p90 taken", "off by")


def scenario_rows(imported: Imported) -> list[tuple[str, str, str, str, str]]:
    """Name, value, range, how sure, why; think times that were measured have a table of their own."""
    measured = tuple(f"shopper.think.{step}." for step, think in imported.think.items() if think.count)
    figures = [one for key, one in scenario_figures(imported).items() if not (measured and key.startswith(measured))]
    if imported.requests_per_session is not None:
        figures.insert(0, imported.requests_per_session)
    return [
        (figure.name, f"{figure.value:.4g}", _between(figure, "{:.3g}"), figure.sure, figure.why) for figure in figures
    ]


def funnel_rows(imported: Imported) -> list[tuple[str, str, str, str, float]]:
    """Name, share, range, why, and the share as a number to draw."""
    return [
        (one.name, percent(one.value), _between(one, "{:.3g} %", 100), one.why, round(one.value * 100, 2))
        for one in imported.funnel
    ]


def think_rows(imported: Imported) -> list[tuple[str, Sequence[str]]]:
    """Step, and cells as in `THINK_HEADS`."""
    return [
        (
            "all steps" if step == "default" else step,
            (
                whole(think.count),
                *(_seconds(value) for value in think.quantiles_s),
                _seconds(think.median_s.value),
                _seconds(think.p90_s.value),
                percent(think.fit_error or 0.0),
            ),
        )
        for step, think in imported.think.items()
        if think.count
    ]


def move_rows(imported: Imported) -> list[tuple[str, Sequence[str]]]:
    """Step, or where sessions start, then the share that each browsing step has of what follows, and who left."""
    return [
        (
            "first page" if step == START else step,
            (*(percent(after.get(other, 0.0)) for other in BROWSE_STEPS), percent(max(0.0, 1 - sum(after.values())))),
        )
        for step, after in imported.moves.items()
    ]


def answer_rows(imported: Imported) -> list[tuple[str, Sequence[str]]]:
    """Step, then answers, failed, its range, unknown, p50, p95 and p99; empty where no times are known."""
    return [
        (
            one.failed.name,
            (
                whole(one.answers),
                percent(one.failed.value),
                _between(one.failed, "{:.3g} %", 100),
                whole(one.unknown),
                *("" if value is None else milliseconds(value) for value in (one.p50_ms, one.p95_ms, one.p99_ms)),
            ),
        )
        for one in imported.answers
    ]


def _between(figure: Figure, form: str, times: float = 1) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{form.format(figure.low * times).removesuffix(' %')} to {form.format(figure.high * times)}"


def _seconds(value: float) -> str:
    return f"{value:.3g} s"
