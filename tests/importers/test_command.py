"""`doorbuster import series` as a newcomer types it: it writes all or nothing, and `plan` works at once."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from doorbuster.cli import app
from doorbuster.rehearsal.planning import plan_of
from tests.conftest import ROOT, Doorbuster
from tests.importers.conftest import SAMPLES, rows


def outputs(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_help_has_an_example_that_runs_and_plans(doorbuster: Doorbuster, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["import", "series", "--help"]).output
    found = re.search(r"Example: doorbuster (.+)", " ".join(said.split()))
    assert found
    shutil.copy(SAMPLES / "shopify-hours.csv", tmp_path / "shopify-hours.csv")
    done = doorbuster(*shlex.split(found[1]))
    assert done.returncode == 0, done.stderr
    made = {"scenarios/last-november.toml", "scenarios/curves/last-november.csv", "import-last-november.html"}
    assert outputs(tmp_path) == {"shopify-hours.csv", *made}
    planned = doorbuster("plan", "last-november")
    assert planned.returncode == 0, planned.stderr
    assert "busiest minute" in planned.stdout


@pytest.mark.parametrize(
    "name", sorted(path.name for path in SAMPLES.iterdir() if path.suffix in (".csv", ".json")), ids=str
)
def test_every_format_ends_in_a_scenario_that_plans(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from doorbuster.importers.series import SeriesOptions, import_series

    monkeypatch.chdir(tmp_path)
    field_map = SAMPLES / "kasse.toml" if name == "kasse.csv" else None
    imported, paths = import_series(SAMPLES / name, "mine", SeriesOptions(field_map=field_map))
    plan = plan_of(paths["scenario"])
    assert plan.scenario.storefront.platform == "staging"
    assert plan.due_us.size > 0
    curve, window = imported.curve, imported.window
    if curve.step_s <= 3600:
        assert plan.window.start_s == curve.start_s[window.first]
        wanted = curve.count[window.first : window.last].copy()
        there = ~np.isnan(wanted)
        planned = plan.window.sessions_per_s * curve.step_s
        assert planned[there] == pytest.approx(wanted[there] * imported.sessions_per_count, rel=1e-4)


def test_nothing_is_overwritten_without_force(doorbuster: Doorbuster, tmp_path: Path) -> None:
    assert doorbuster("import", "series", SAMPLES / "plain.csv", "-o", "mine").returncode == 0
    own = tmp_path / "scenarios/mine.toml"
    own.write_text("# my own notes\n" + own.read_text())
    again = doorbuster("import", "series", SAMPLES / "plain.csv", "-o", "mine")
    assert again.returncode == 2
    assert "--force" in again.stderr
    assert own.read_text().startswith("# my own notes")
    assert doorbuster("import", "series", SAMPLES / "plain.csv", "-o", "mine", "--force").returncode == 0
    assert not own.read_text().startswith("# my own notes")


def test_a_disk_that_refuses_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from doorbuster.errors import ImportFileError
    from doorbuster.importers.series import SeriesOptions, import_series

    monkeypatch.chdir(tmp_path)
    import_series(SAMPLES / "plain.csv", "mine", SeriesOptions())
    before = {name: (tmp_path / name).read_bytes() for name in outputs(tmp_path)}
    renames = iter(range(100))
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if next(renames) == 3:  # the second file's own move, the first being in place already
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(ImportFileError, match="No space left"):
        import_series(SAMPLES / "shopifyql.csv", "mine", SeriesOptions(), force=True)
    assert {name: (tmp_path / name).read_bytes() for name in outputs(tmp_path)} == before
    renames = iter(range(3, 100))
    with pytest.raises(ImportFileError, match="No space left"):
        import_series(SAMPLES / "plain.csv", "other", SeriesOptions())
    assert set(outputs(tmp_path)) == set(before)


def test_a_file_of_less_than_an_hour_is_the_window(doorbuster: Doorbuster, tmp_path: Path) -> None:
    (tmp_path / "short.csv").write_text(rows("2025-11-28 20:00:00", 60, range(20, 50)))
    assert doorbuster("import", "series", "short.csv", "-o", "short").returncode == 0
    assert 'window = "all"' in (tmp_path / "scenarios/short.toml").read_text()
    assert "2025-11-28 20:00 to 2025-11-28 20:30" in doorbuster("plan", "short").stdout


def test_days_are_rehearsed_as_an_assumed_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from doorbuster.importers.series import SeriesOptions, import_series

    monkeypatch.chdir(tmp_path)
    _, paths = import_series(SAMPLES / "ga4-report.csv", "days", SeriesOptions())
    plan = plan_of(paths["scenario"])
    assert plan.window.duration_s == 3600
    # 3,450 sessions on the busiest day, 1.7 times its mean minute.
    assert plan.window.sessions_per_s[0] * 60 == pytest.approx(3450 / 1440 * 1.7, rel=1e-4)
    assert "# assumed" in paths["scenario"].read_text()


def test_every_number_of_the_scenario_says_how_sure_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from doorbuster.importers.series import SeriesOptions, import_series

    monkeypatch.chdir(tmp_path)
    _, paths = import_series(SAMPLES / "shopify-hours.csv", "sure", SeriesOptions())
    text = paths["scenario"].read_text()
    plain = {"seed", "in_flight", "warm_up_s", "from", "to"}
    for line in text.splitlines():
        found = re.match(r"(\w+) = [\d.]+", line)
        if found and found[1] not in plain:
            assert re.search(r"# (measured|given|assumed): ", line), line
    assert re.search(r"^browse = 0\.9\d+ +# measured: ", text, re.M)
    assert re.search(r"^patience_s = 30.0 +# assumed: ", text, re.M)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.csv", "-o", "mine"], "no such file"),
        (["plain.csv"], "-o"),
        (["plain.csv", "-o", "../mine"], "letters, digits"),
        (["plain.csv", "-o", "mine", "--as", "visits"], "--as"),
        (["plain.csv", "-o", "mine", "--as", "orders", "--conversion", "3.1"], "--conversion"),
        (["plain.csv", "-o", "mine", "--timezone", "Mars/Olympus"], "time zone"),
        (["plain.csv", "-o", "mine", "--map", "nowhere.toml"], "field map"),
        (["broken.toml", "-o", "mine", "--map", "broken.toml"], "not valid TOML"),
        (["plain.csv", "-o", "mine", "--map", "odd.toml"], 'did you mean "time"'),
    ],
)
def test_wrong_words_are_one_sentence(arguments: list[str], says: str, doorbuster: Doorbuster, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "plain.csv", tmp_path / "plain.csv")
    (tmp_path / "broken.toml").write_text("title = [")
    (tmp_path / "odd.toml").write_text('title = "x"\ntiem = ["time"]\n')
    before = outputs(tmp_path)
    said = doorbuster("import", "series", *arguments)
    assert said.returncode == 2, said.stdout
    assert says in said.stderr
    assert "Traceback" not in said.stderr
    assert outputs(tmp_path) == before


def test_the_documented_commands_and_field_map_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs/importing.md").read_text()
    monkeypatch.chdir(tmp_path)
    for ours, theirs in (("shopify-hours.csv",) * 2, ("shopify-orders.csv", "orders_export.csv"), ("prometheus.json", "query_range.json")):  # fmt: skip
        shutil.copy(SAMPLES / ours, theirs)
    field_map = re.search(r"```toml\n(title.+?)```", page, re.S)
    assert field_map
    Path("till.toml").write_text(field_map[1])
    commands = re.findall(r"^doorbuster (import series .+)$", page, re.M)
    assert len(commands) == 3
    for command in [*commands, f"import series {SAMPLES / 'kasse.csv'} -o till --map till.toml"]:
        done = CliRunner().invoke(app, [*shlex.split(command), "--force"])
        assert done.exit_code == 0, (command, done.output, done.exception)
    from doorbuster.importers.field_map import FieldMap

    named = set(re.findall(r"`?(\w+) = ", page[page.index("## A field map") :]))
    known = {*FieldMap.model_fields, "orders", "column", "equals", "why"}
    assert named <= known


@pytest.mark.parametrize("step_s", [1, 7, 420, 2400, 3600, 6 * 3600, 86400])
def test_a_step_of_any_length_ends_in_a_scenario_that_plans(
    step_s: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from doorbuster.importers.series import SeriesOptions, import_series

    monkeypatch.chdir(tmp_path)
    counts = [step_s + 40.0 * (place == 70) for place in range(120)]
    (tmp_path / "any.csv").write_text(rows("2025-11-01 00:00:00", step_s, counts))
    imported, paths = import_series(Path("any.csv"), "any", SeriesOptions())
    plan = plan_of(paths["scenario"])
    assert plan.window.duration_s <= 3600
    assert imported.window.first <= 70 < imported.window.last
    assert plan.window.duration_s > 1800 or step_s < 30
