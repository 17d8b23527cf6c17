"""An import of results in a few lines for a terminal: what was read, what each name was taken for, what is missing."""

from __future__ import annotations

from pathlib import Path

from doorbuster.importers.results.importer import Results
from doorbuster.importers.results.last_year import telemetry_of
from doorbuster.importers.scenario_file import printable

_LINES = 12


def told(results: Results, name: str, path: Path) -> str:
    """Everything that decides what the numbers are worth comes before the path."""
    kind, notes, known = results.kind, results.notes, telemetry_of(results)
    lines = [f"{kind.words}, {', '.join(results.files)}: {notes.rows:,} rows read, {notes.bad:,} bad"]
    lines += [f"  row {row}: {sentence}" for row, sentence in notes.examples]
    lines += [f"  left out: {one.rows:,} {one.what} ({one.why})" for one in notes.all_dropped()]
    lines += _names("step", [f"{_request(one)} is {one['step']} ({one['told_by']})" for one in known["steps"]])
    lines += _names("no step", [f"{_request(one)} ({one['why']})" for one in known["no_step"]])
    lines += [f"warning: {sentence}" for sentence in warnings(results)]
    lines += [f"{'warning' if one.warns else 'found'}: {one.sentence}" for one in notes.findings]
    lines += [f"failed: {count:,} {printable(what)}" for what, count in notes.failures.most_common(5)]
    lines += [f"times: {kind.latency}" if kind.latency else "times: figures only; they are drawn and never compared"]
    lines.append(f"not in the files: {'; '.join(kind.absent)}")
    lines.append(str(path))
    if not kind.whole_run:
        lines.append(f"next: doorbuster compare --candidate runs/RUN --baseline {path}")
    return "\n".join(lines)


def warnings(results: Results) -> list[str]:
    """What makes these results worth less than they look."""
    notes, found = results.notes, []
    errors = notes.script_errors.total()
    if errors:
        first, count = notes.script_errors.most_common(1)[0]
        found.append(
            f"{errors:,} exceptions of the script beside {max(0, notes.rows - errors):,} other rows, {count:,} of them "
            f'"{printable(first)}": shoppers broke off, and few failed requests do not mean a healthy shop'
        )
    if notes.tally.passed_5xx:
        found.append(
            f"{notes.tally.passed_5xx:,} answers with a status of 500 and more, which the tool let pass, are failed"
        )
    if notes.written_clock:
        found.append("times are dates without an offset: taken as UTC, so the time of day may be off")
    twice = _parts_of_one_step(results)
    if twice:
        found.append(
            f'"{printable(twice[0])}" and "{printable(twice[1])}" are both {twice[2]}: if the second is a redirect or '
            "file inside the first, it counts twice; name the first alone in --steps"
        )
    return found


def _parts_of_one_step(results: Results) -> tuple[str, str, str] | None:
    """JMeter calls what is inside a request by its name and a number."""
    steps = {one.name.name: one.step for one in results.mapped if one.step}
    for name, step in steps.items():
        base, _, number = name.rpartition("-")
        if number.isdecimal() and steps.get(base) == step:
            return base, name, step
    return None


def _request(one: dict[str, object]) -> str:
    method = f"{one['method']} " if one["method"] else ""
    return f"{one['count']:,} {method}{printable(str(one['request']))[:70]}"


def _names(word: str, names: list[str]) -> list[str]:
    more = [f"  {word}: {len(names) - _LINES:,} more names, see run.json"] if len(names) > _LINES else []
    return [*(f"  {word}: {name}" for name in names[:_LINES]), *more]
