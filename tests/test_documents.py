"""What is written down is true: README commands, documented scenarios, container files."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML  # comes with check-jsonschema

from doorbuster.analysis.comparison_rules import AS_CALIBRATED
from doorbuster.promises import ledger
from doorbuster.record.tables import TABLES
from doorbuster.rehearsal.planning import plan_of
from doorbuster.scenario import load_scenario
from tests.conftest import ROOT, Doorbuster


def test_the_compose_file_is_valid() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_path_the_dockerfile_copies_exists_and_reaches_the_engine() -> None:
    copied = {
        name
        for line in re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
        for name in line.split()
    }
    assert all((ROOT / name).exists() for name in copied)
    ignored = (ROOT / ".dockerignore").read_text()
    assert "\n*\n" in ignored
    assert set(re.findall(r"^!(.+)$", ignored, re.M)) == copied


def compose_services() -> dict[str, Any]:
    return dict(YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"])


def test_the_master_in_the_compose_file_waits_for_as_many_workers_as_it_starts() -> None:
    services = compose_services()
    replicas = services["worker"]["deploy"]["replicas"]
    assert f"--expect-workers={replicas}" in services["master"]["command"]
    # The documented command says the same number once more.
    assert replicas == "${WORKERS:-4}"
    assert "--scale worker=4\n" in (ROOT / "docker-compose.yml").read_text()


def test_the_scenario_of_the_compose_file_may_load_its_staging_service() -> None:
    services = compose_services()
    (host,) = (part.split("/")[-1] for part in services["master"]["command"] if part.startswith("--host="))
    (scenario,) = (part for part in services["master"]["command"] if part.startswith("--scenario="))
    name = scenario.removeprefix("--scenario=${SCENARIO:-").removesuffix("}")
    service, _, port = host.partition(":")
    assert service in services
    assert port in services["staging"]["command"]
    assert service in load_scenario(ROOT / f"scenarios/{name}.toml").limits.allowed_hosts


def test_the_options_in_the_compose_file_are_known_to_the_commands_that_get_them(doorbuster: Doorbuster) -> None:
    services = compose_services()
    locust = subprocess.run([sys.executable, "-m", "locust", "--help"], capture_output=True, text=True, check=True)
    ours = (ROOT / "src/doorbuster/swarm/locustfile.py").read_text()  # a locustfile's own are not in Locust's help
    helps = {"doorbuster": doorbuster("staging", "--help").stdout, "locust": locust.stdout + ours}
    for service in services.values():
        said = helps[service.get("entrypoint", ["doorbuster"])[0]]
        for option in (part.split("=")[0] for part in service["command"] if part.startswith("--")):
            assert re.search(rf"{option}\b", said), option


@pytest.mark.parametrize(
    ("script", "missing"), [("compose", "podman"), ("base-image", "there is no podman")], ids=["compose", "base-image"]
)
def test_the_container_recipes_say_what_is_missing(script: str, missing: str, tmp_path: Path) -> None:
    for name in ("bash", "dirname", "sed"):
        tool = shutil.which(name)
        assert tool
        (tmp_path / name).symlink_to(tool)
    done = subprocess.run(
        [ROOT / ".ci" / script], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert missing in done.stderr


def test_the_run_directory_page_names_every_column() -> None:
    page = (ROOT / "docs/run-directory.md").read_text()
    for name, schema in TABLES.items():
        assert f"{name}.parquet" in page
        for column in schema.names:
            assert f"`{column}`" in page, f"{name}.{column}"


def test_the_run_directory_page_names_the_facts_that_promises_read_and_no_others() -> None:
    page = (ROOT / "docs/run-directory.md").read_text()
    table = page.partition("Kinds that the promises")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([a-z, ]+) \| (`.+?) \|", table, re.M)
    named = {
        (witness, kind)
        for witnesses, kinds in rows
        for witness in witnesses.split(", ")
        for kind in re.findall(r"`(\w+)`", kinds)
    }
    read = {(witness, kind) for witness, kinds, _, _ in ledger._READINGS for kind in kinds if witness != "run"}
    assert named == read | {("each", "books_read")}


def test_the_page_on_adding_a_promise_names_where_a_reader_goes() -> None:
    page = (ROOT / "docs/adding-a-promise.md").read_text()
    for name in set(re.findall(r"`(_[A-Z]+)`", page)):
        assert hasattr(ledger, name), name


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


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda page: page.name)
def test_links_into_a_page_meet_a_heading(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", page.read_text()):
        assert anchor in anchors(page.parent / target if target else page), f"{target}#{anchor}"


def test_the_shipped_gate_file_writes_every_rule_of_a_comparison_out() -> None:
    written = tomllib.loads((ROOT / "analysis/gates/release.toml").read_text())["comparison"]
    assert written == AS_CALIBRATED.model_dump()


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"^make ([a-z-]+)", (ROOT / "README.md").read_text(), re.M)) <= targets
