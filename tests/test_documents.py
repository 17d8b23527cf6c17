"""What is written down is true: README commands, documented scenarios, container files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from doorbuster.record.tables import TABLES
from doorbuster.rehearsal.planning import plan_of
from tests.conftest import ROOT, Doorbuster


def test_the_compose_file_is_valid() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_path_the_dockerfile_copies_exists() -> None:
    for line in re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M):
        assert all((ROOT / name).exists() for name in line.split())


def test_the_run_directory_page_names_every_column() -> None:
    page = (ROOT / "docs/run-directory.md").read_text()
    for name, schema in TABLES.items():
        assert f"{name}.parquet" in page
        for column in schema.names:
            assert f"`{column}`" in page, f"{name}.{column}"


def test_the_documented_retail_scenario_plans_on_the_real_file(
    shared: Path, tmp_path: Path, doorbuster: Doorbuster
) -> None:
    page = (ROOT / "docs/last-years-curve.md").read_text()
    scenario = re.search(r"```toml\n(# Curve.+?)```", page, re.S)
    changed = re.search(r"```toml\n(curve = \"invocation.+?)```", page, re.S)
    assert scenario and changed
    (tmp_path / "online-retail.toml").write_text(scenario[1])
    (tmp_path / "invoices_2009-12_2011-06.csv.gz").symlink_to(
        shared / "data/online_retail/invoices_2009-12_2011-06.csv.gz"
    )
    assert plan_of(tmp_path / "online-retail.toml").due_us.size > 1000
    head, tail = re.split(r"(?s)curve = .+?buffer = 1\.5\n", scenario[1])
    (tmp_path / "worldcup.toml").write_text(head + changed[1] + tail)
    series = "invocation_count_to_1998-06-28.csv"
    (tmp_path / series).symlink_to(shared / "data/worldcup98" / series)
    said = doorbuster("plan", "worldcup.toml", "--scale", "0.005", "--minutes", "2")
    assert said.returncode == 0, said.stderr
    assert "squeezed 30.0 times" in said.stdout


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda page: page.name)
def test_links_and_named_files_exist(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / target).exists(), target
    for path in re.findall(r"`((?:bench|scenarios|docs|analysis|locustfiles|src)/[\w./-]+\.\w+)`", text):
        assert (ROOT / path).exists(), path


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"^make ([a-z-]+)", (ROOT / "README.md").read_text(), re.M)) <= targets
