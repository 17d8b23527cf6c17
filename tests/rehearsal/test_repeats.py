"""A shop rehearses the same thing several times: what is finished is kept, whatever happens to the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from doorbuster.analysis import load_gate
from doorbuster.analysis.noise_file import load_noise
from doorbuster.cards import find_gate
from doorbuster.errors import NoiseError, TargetError
from doorbuster.record.directory import RunDirectory
from doorbuster.rehearsal import repeat as module
from doorbuster.rehearsal.prepare import RunOptions
from doorbuster.rehearsal.rehearse import Rehearsed, Workers
from doorbuster.rehearsal.repeat import Keeping, Repeated, learn_from, repeat
from doorbuster.settings import Settings
from tests.analysis.synthetic import Recipe, make_run
from tests.conftest import Doorbuster, write_scenario

SMALL = {"seconds": 40, "sessions_per_s": 8.0}
PATIENT = """
[[objective]]
step = "*"
metric = "error_rate"
max = 0.5
[validity]
late_p99_ms = 60000
loop_stall_ms = 60000
cpu_share = 100.0
gc_pause_ms = 60000
"""
Row = Callable[..., Repeated]


@pytest.fixture
def row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Row:
    """Repeats whose runs end as told: "ok", "invalid", "interrupted", "down" (the shop), "^C" (before the run)."""

    @contextmanager
    def no_shop(*_: object) -> Iterator[str]:
        yield "http://127.0.0.1:1"

    def call(*ends: str, keeping: Keeping) -> Repeated:
        left = list(enumerate(ends))

        def rehearsed(*_: object) -> Rehearsed:
            number, end = left.pop(0)
            if end == "down":
                raise TargetError("the shop is down")
            if end == "^C":
                raise KeyboardInterrupt
            info = {"complete": False, "stopped_because": "gone"} if end == "invalid" else {}
            name = f"{keeping.path.stem}-{keeping.release}-{number}"
            run = make_run(tmp_path / name, Recipe(seed=number, info=info, **SMALL))  # type: ignore[arg-type]
            return Rehearsed(RunDirectory(run), {"interrupted": 130, "invalid": 4}.get(end, 0), ())

        monkeypatch.setattr(module, "rehearse", rehearsed)
        monkeypatch.setattr(module, "shop_for", no_shop)
        monkeypatch.setattr(module, "_check_same", lambda *_: None)  # these runs are made of no scenario's file
        options = RunOptions(tmp_path / "s.toml", "", tmp_path)
        return repeat(options, None, Settings(), len(ends), keeping, lambda _: None, lambda _: None, Workers())

    return call


def keeping(folder: Path, into: bool = False, release: str = "") -> Keeping:
    return Keeping(folder / "noise.toml", into, load_gate(find_gate(None)), release)


def kept(folder: Path) -> int:
    return len(load_noise(folder / "noise.toml").run)


def test_ctrl_c_keeps_what_is_finished(row: Row, tmp_path: Path) -> None:
    done = row("ok", "ok", "interrupted", "ok", keeping=keeping(tmp_path))
    assert done.exit_code == 130
    assert kept(tmp_path) == 2
    assert "interrupted" in done.left_out[0]
    again = row("ok", "^C", "ok", keeping=keeping(tmp_path, into=True, release="b"))
    assert again.exit_code == 130
    assert kept(tmp_path) == 3


def test_a_shop_that_goes_down_keeps_what_is_finished(row: Row, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="down"):
        row("ok", "ok", "down", keeping=keeping(tmp_path))
    assert kept(tmp_path) == 2


def test_a_run_that_was_no_rehearsal_is_left_out_and_said(row: Row, tmp_path: Path) -> None:
    done = row("ok", "invalid", "ok", keeping=keeping(tmp_path))
    assert done.exit_code == 0
    assert kept(tmp_path) == 2
    (said,) = done.left_out
    assert "noise--1 was no rehearsal: the run did not reach its end: gone" in said


def test_repeats_of_which_none_was_a_rehearsal_are_no_success(row: Row, tmp_path: Path) -> None:
    done = row("invalid", "invalid", keeping=keeping(tmp_path))
    assert done.exit_code == 4
    assert not done.kept
    assert not (tmp_path / "noise.toml").exists()


def test_a_new_profile_replaces_an_old_one_only_once_it_can_teach(row: Row, tmp_path: Path) -> None:
    row("ok", "ok", "ok", keeping=keeping(tmp_path))
    before = (tmp_path / "noise.toml").read_bytes()
    assert not row("ok", "^C", keeping=keeping(tmp_path, release="b")).kept
    assert (tmp_path / "noise.toml").read_bytes() == before
    assert row("ok", "ok", keeping=keeping(tmp_path, release="c")).kept
    assert kept(tmp_path) == 2


def test_runs_may_be_spread_over_days_and_stale_ones_leave(row: Row, tmp_path: Path) -> None:
    for day in "ab":
        row("ok", keeping=keeping(tmp_path, into=True, release=day))
    assert kept(tmp_path) == 2
    old = make_run(tmp_path / "old", Recipe(info={"started_at": "2020-11-20T10:00:05Z"}, **SMALL))  # type: ignore[arg-type]
    learn_from([old], keeping(tmp_path, into=True))
    assert kept(tmp_path) == 3
    done = row("ok", keeping=keeping(tmp_path, into=True, release="c"))
    assert kept(tmp_path) == 3
    assert done.left_out == ("1 of the profile's 3 runs are older than 30 days",)


def test_runs_of_something_else_are_refused_and_nothing_is_written(row: Row, tmp_path: Path) -> None:
    row("ok", "ok", keeping=keeping(tmp_path))
    before = (tmp_path / "noise.toml").read_bytes()
    other = make_run(tmp_path / "other", Recipe(info={"scenario_sha256": "7" * 64}, **SMALL))  # type: ignore[arg-type]
    with pytest.raises(NoiseError, match="repeats something else"):
        learn_from([other], keeping(tmp_path, into=True))
    with pytest.raises(NoiseError, match="in the noise profile already"):
        learn_from([tmp_path / "noise--0"], keeping(tmp_path, into=True))
    assert (tmp_path / "noise.toml").read_bytes() == before


def test_a_profile_of_something_else_is_refused_before_anything_is_sent(tmp_path: Path, doorbuster: Doorbuster) -> None:
    runs = [make_run(tmp_path / f"run-{seed}", Recipe(seed=seed, **SMALL)) for seed in (1, 2)]  # type: ignore[arg-type]
    learn_from(runs, keeping(tmp_path))
    before = (tmp_path / "noise.toml").read_bytes()
    refused = doorbuster("repeat", "smoke", "-n", "1", "--into", "noise.toml", "--target", "http://127.0.0.1:1")
    assert refused.returncode == 2
    assert "noise.toml is of something else" in refused.stderr
    assert (tmp_path / "noise.toml").read_bytes() == before


def test_a_single_run_repeats_nothing(tmp_path: Path, doorbuster: Doorbuster) -> None:
    run = make_run(tmp_path / "run", Recipe(**SMALL))  # type: ignore[arg-type]
    for arguments in (("smoke", "-n", "1"), ("--from", run)):
        refused = doorbuster("repeat", *arguments)
        assert refused.returncode == 2
        assert "give -n 2 or more, or add it to a profile with --into" in refused.stderr
    assert doorbuster("repeat", "smoke", "smoke").returncode == 2
    idle = doorbuster("repeat", "--from", "a", "b", "-n", "3", "--minutes", "1")
    assert idle.returncode == 2
    assert "-n, --minutes: --from rehearses nothing" in idle.stderr


def test_real_repeats_on_the_embedded_shop(tmp_path: Path, doorbuster: Doorbuster) -> None:
    write_scenario(tmp_path, [15.0] * 6)
    (tmp_path / "gate.toml").write_text(PATIENT)
    done = doorbuster("repeat", "short.toml", "-n", "2", "--gate", "gate.toml", "--into", "own/noise.toml")
    assert done.returncode == 0, done.stdout + done.stderr
    noise = load_noise(tmp_path / "own/noise.toml")
    assert len(noise.run) == 2
    assert noise.made_on.target_host == "127.0.0.1"  # each time on another port
    assert noise.profile() is not None
    assert done.stdout.splitlines()[-1] == "own/noise.toml"
    assert "standard deviation between runs in %" in done.stdout
