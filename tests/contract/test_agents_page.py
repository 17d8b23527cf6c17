"""docs/agents.md: its scenarios are ones that the platforms take, with every option that they have."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from doorbuster.storefronts.platforms import options_of, platform_named
from tests.conftest import ROOT

BLOCKS = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/agents.md").read_text(), re.S)


UNSAID = ({"home"}, {"home", "category", "credential", "country"})


@pytest.mark.parametrize(("block", "unsaid"), list(zip(BLOCKS, UNSAID, strict=True)), ids=["acp", "ucp"])
def test_its_options_are_known(block: str, unsaid: set[str], tmp_path: Path) -> None:
    said = tomllib.loads(block)["storefront"]
    options = options_of(platform_named(said["platform"], tmp_path, "page"), said["options"], tmp_path, "page")
    assert {name for name in options if name not in said["options"]} == unsaid
