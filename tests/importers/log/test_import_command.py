"""`doorbuster import log` as a newcomer types it: it writes all or nothing, and `plan` works at once."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

from doorbuster.analysis.load import open_run
from doorbuster.cli import app
from doorbuster.errors import ImportFileError
from doorbuster.importers.log import platform
from doorbuster.importers.log.command import LogOptions, import_logs
from doorbuster.rehearsal.planning import plan_of
from tests.conftest import ROOT, Doorbuster, clean_environment
from tests.importers.log.conftest import MakeLog, line
from tests.importers.test_command import outputs

Write = Callable[..., Path]
LINES = 20_000


def shopping(cookie: str = "", minutes: int = 5) -> list[str]:
    """Lines of Magento's own paths: some look, some fill a cart, one buys; a new visitor each minute."""
    visit = ["/lamps/", "/lamp-1.html", "/checkout/cart/add/product/7", "/checkout/"]
    return [
        line(
            f"28/Nov/2025:20:{minute:02d}:{10 * place:02d} +0100",
            target,
            address=f"192.0.2.{minute}",
            tail=f' "{cookie}v{minute}"' if cookie else "",
        )
        for minute in range(minutes)
        for place, target in enumerate(visit[: 2 + minute % 3])
    ]


def test_the_help_has_an_example_that_runs_and_plans(doorbuster: Doorbuster, tmp_path: Path, write_log: Write) -> None:
    said = CliRunner().invoke(app, ["import", "log", "--help"]).output
    found = re.search(r"Example: doorbuster (.+)", " ".join(said.split()))
    assert found and "minutes" in said and "cookie:NAME" in said
    write_log(*shopping("PHPSESSID=", 5))
    write_log(*shopping("PHPSESSID=", 9), name="access.log.1")
    done = doorbuster(*shlex.split(found[1].replace("access.log*", "'access.log*'")))
    assert done.returncode == 0, done.stderr
    made = {"scenarios/last-november.toml", "scenarios/curves/last-november.csv", "import-last-november.html"}
    assert {name for name in outputs(tmp_path) if "baselines" not in name} == {"access.log", "access.log.1", *made}
    assert not list(tmp_path.glob(".*"))
    planned = doorbuster("plan", "last-november")
    assert planned.returncode == 0, planned.stderr
    assert "busiest minute" in planned.stdout and "next: doorbuster plan last-november" in done.stdout


@pytest.mark.parametrize(
    ("form", "session"),
    [
        ("combined", "address"),
        ("timed", "cookie:sid"),
        ("alb", "address"),
        ("cloudfront", "cookie:sid"),
        ("json", "header:sid"),
    ],
)
def test_every_format_ends_in_a_scenario_that_plans(
    form: str, session: str, made_log: MakeLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log = made_log(form, LINES)
    imported, paths = import_logs([str(log)], "mine", LogOptions("staging", session=session))
    plan = plan_of(paths["scenario"])
    assert plan.scenario.storefront.platform == "staging"
    curve, window = imported.curve, imported.window
    assert plan.window.start_s == curve.start_s[window.first]
    wanted = curve.count[window.first : window.last]
    assert plan.window.sessions_per_s * 60 == pytest.approx(wanted)
    measured = {journey for journey, figure in imported.mix.items() if figure.sure == "measured"}
    assert measured == {"browse", "cart", "native_checkout", "express_wallet"} == set(plan.window.by_journey)
    assert imported.think["checkout.address"].count > 20 or imported.think["default"].count > 1000
    run = open_run(paths["baseline"])
    assert run.from_telemetry and len(run.latency) and run.duration_s == plan.window.duration_s
    assert run.latency["bucket_us"].notna().any() == (form != "combined")


def test_the_documented_commands_and_map_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_log: Write
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/importing.md").read_text()
    field_map = re.search(r"```toml\n(words.+?)```", page, re.S)
    assert field_map
    Path("edge-keys.toml").write_text(field_map[1])
    shutil.copy(platform.FOLDER / "generic.toml", "my-shop.toml")
    Path("web1.log.gz").write_bytes(gzip.compress(write_log(*shopping("PHPSESSID=")).read_bytes()))
    pa.output_stream("web2.log.zst", compression="zstd").write(Path("access.log").read_bytes())
    rows = [
        {"at": f"2025-11-28T20:0{n}:00Z", "ip": f"192.0.2.{n}", "line": "GET /product/lamp HTTP/1.1", "code": 200,
         "ua": "Firefox/140.0", "ms": 75.5, "sid": f"v{n}"} for n in range(9)
    ]  # fmt: skip
    Path("edge.json").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    commands = re.findall(r"^doorbuster (import log .+)$", page, re.M)
    assert len(commands) == 3
    for command in commands:
        done = CliRunner().invoke(app, [*shlex.split(command), "--force"])
        assert done.exit_code == 0, (command, done.output, done.exception)
    latency = open_run("analysis/baselines/last-november").latency
    assert latency["bucket_us"].to_list() == pytest.approx([75_500] * 18, rel=0.008)
    assert all(f"`{name}`" in page for name in platform.names())


def test_several_packed_files_in_any_order_are_one_log(
    made_log: MakeLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = made_log("timed", LINES).read_bytes().splitlines(keepends=True)
    (tmp_path / "access.log").write_bytes(b"".join(lines[LINES // 2 :]))
    (tmp_path / "access.log.1.gz").write_bytes(gzip.compress(b"".join(lines[: LINES // 2])))
    one, _ = import_logs([str(made_log("timed", LINES))], "one", LogOptions("staging"))
    two, _ = import_logs(["access.log*"], "two", LogOptions("staging"))
    assert two.read_rows == one.read_rows and two.mix == one.mix
    assert "access.log and access.log.1.gz" in two.source
    assert all("access.log" in sentence for _, sentence in two.bad.examples)


def test_nothing_is_overwritten_without_force(doorbuster: Doorbuster, tmp_path: Path, write_log: Write) -> None:
    write_log(*shopping())
    command = ("import", "log", "access.log", "--platform", "magento", "-o", "mine")
    assert doorbuster(*command).returncode == 0
    own = tmp_path / "scenarios/mine.toml"
    own.unlink()
    notes = tmp_path / "analysis/baselines/mine/notes.txt"
    notes.write_text("mine")
    again = doorbuster(*command)
    assert again.returncode == 2 and "--force" in again.stderr and not own.exists()
    assert doorbuster(*command, "--force").returncode == 0
    assert own.exists() and not notes.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.log", "--platform", "magento", "-o", "mine"], "no such file"),
        (["nowhere*.log", "--platform", "magento", "-o", "mine"], "no such file"),
        (["--platform", "magento", "-o", "mine"], "FILE"),
        (["access.log", "-o", "mine"], "--platform"),
        (["access.log", "--platform", "magento"], "-o"),
        (["access.log", "--platform", "magneto", "-o", "mine"], 'did you mean "magento"'),
        (["access.log", "--platform", "own.toml", "-o", "mine"], "own.toml"),
        (["access.log", "--platform", "magento", "-o", "../mine"], "letters, digits"),
        (["access.log", "--platform", "magento", "-o", "mine", "--timezone", "Mars/Olympus"], "time zone"),
        (["access.log", "--platform", "magento", "-o", "mine", "--session", "cookies"], "cookie:NAME"),
        (["access.log", "--platform", "magento", "-o", "mine", "--session", "cookie:sid"], "cookie sid"),
        (["access.log", "--platform", "magento", "-o", "mine", "--idle-minutes", "0"], "--idle-minutes"),
        (["access.log", "--platform", "magento", "-o", "mine", "--memory-mb", "1"], "--memory-mb"),
        (["json.log", "--platform", "magento", "-o", "mine", "--map", "nowhere.toml"], "nowhere.toml"),
        (["novel.log", "--platform", "magento", "-o", "mine"], "novel.log"),
        (["empty.log", "--platform", "magento", "-o", "mine"], "no lines"),
        (["minute.log", "--platform", "magento", "-o", "mine"], "one minute is no curve"),
        (["bots.log", "--platform", "magento", "-o", "mine"], "no shopper"),
        ([".", "--platform", "magento", "-o", "mine"], "a folder"),
    ],
)
def test_wrong_words_are_one_sentence(
    arguments: list[str], says: str, doorbuster: Doorbuster, tmp_path: Path, write_log: Write
) -> None:
    write_log(*shopping())
    write_log('{"time": "2025-11-28T20:00:00Z"}', name="json.log")
    write_log("It was the best of times, it was the worst of times.", name="novel.log")
    write_log(name="empty.log")
    write_log(line(), line(address="192.0.2.9"), name="minute.log")
    write_log(*[line(agent="Googlebot/2.1")] * 9, name="bots.log")
    before = outputs(tmp_path)
    said = doorbuster("import", "log", *arguments)
    assert said.returncode == 2, said.stdout
    assert says in said.stderr
    assert "Traceback" not in said.stderr and said.stdout == ""
    assert outputs(tmp_path) == before


def test_a_disk_that_refuses_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_log: Write
) -> None:
    monkeypatch.chdir(tmp_path)
    log = str(write_log(*shopping()))
    import_logs([log], "mine", LogOptions("magento"))
    before = {name: (tmp_path / name).read_bytes() for name in outputs(tmp_path)}
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if Path(target) == Path("analysis/baselines/mine") and self.name == "mine":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(ImportFileError, match="No space left"):
        import_logs([log], "mine", LogOptions("generic"), force=True)
    assert {name: (tmp_path / name).read_bytes() for name in outputs(tmp_path)} == before


def test_a_full_temporary_folder_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_log: Write
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("doorbuster.importers.log.buckets.BucketWriter.flush", full)
    with pytest.raises(ImportFileError, match=r"needs room there while it works \(No space left"):
        import_logs([str(write_log(*shopping()))], "mine", LogOptions("magento"))


def test_ctrl_c_while_it_writes_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_log: Write
) -> None:
    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    log = str(write_log(*shopping()))
    monkeypatch.setattr("doorbuster.analysis.imported.render_import", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_logs([log], "mine", LogOptions("magento"))
    assert outputs(tmp_path) == {"access.log"}


def test_ctrl_c_while_it_reads_ends_with_130(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text('{"time": "2025-11-28T20:00:00Z"}\n')
    os.mkfifo(tmp_path / "map.toml")  # a file that never ends, asked for in the middle of the import
    command = [sys.executable, "-m", "doorbuster", "import", "log", "access.log", "--platform", "magento", "-o", "mine"]
    command += ["--map", "map.toml"]
    run = subprocess.Popen(
        command, cwd=tmp_path, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with (tmp_path / "map.toml").open("w"):  # opens once the import has opened its end
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert said.strip() == "doorbuster: interrupted"
    assert {path.name for path in tmp_path.iterdir()} == {"access.log", "map.toml"}
