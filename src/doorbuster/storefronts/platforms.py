"""Which platforms there are, by the name a scenario uses. Adapters are imported when asked for."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from doorbuster.errors import ScenarioError, did_you_mean
from doorbuster.storefronts.base import Platform

PLATFORMS: Final = (
    "acp",
    "html",
    "magento",
    "magento_rest",
    "medusa",
    "shopify",
    "shopify_online_store",
    "staging",
    "ucp",
    "vendure",
)
"""Ours: each a module of this package. Others come as a file, a dotted path or an entry point."""
ENTRY_POINTS: Final = "doorbuster.storefronts"


def platform_named(name: str, folder: Path, where: str) -> Platform:
    """A platform of ours by name, an installed one by its entry point, or a user's own: `./shop.py` (beside the
    scenario, in `folder`) or `package.module`, in which it is called PLATFORM. Raises ScenarioError.
    """
    if name in PLATFORMS:
        return _of(importlib.import_module(f"doorbuster.storefronts.{name}"), name, where)
    if name.endswith(".py"):
        return _of(_from_file(folder / name, where), name, where)
    for entry in entry_points(group=ENTRY_POINTS, name=name):
        loaded = _imported(entry.load, name, where)
        return loaded if isinstance(loaded, Platform) else _of(loaded, name, where)
    if all(part.isidentifier() for part in name.split(".")) and "." in name:
        return _of(_imported(lambda: importlib.import_module(name), name, where), name, where)
    known = {*PLATFORMS, *(entry.name for entry in entry_points(group=ENTRY_POINTS))}
    raise ScenarioError(f'{where}: storefront.platform: no platform "{name}"{did_you_mean(name, known)}')


def options_of(platform: Platform, given: Mapping[str, Any], folder: Path, where: str) -> Mapping[str, Any]:
    """What a scenario says about its platform, read and completed. Raises ScenarioError."""
    try:
        return platform.read_options(given, folder)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        key = ".".join(map(str, ("storefront", "options", *first["loc"])))
        said = "is no option of this platform" if first["type"] == "extra_forbidden" else first["msg"]
        raise ScenarioError(f"{where}: {key}: {said.removeprefix('Value error, ')}") from None
    except ValueError as wrong:
        raise ScenarioError(f"{where}: storefront.options: {wrong}") from None


def _imported(load: Callable[[], Any], name: str, where: str) -> Any:
    try:
        return load()
    except ImportError as missing:
        raise ScenarioError(
            f"{where}: storefront.platform: {name} cannot be imported ({missing}); install it where doorbuster is"
        ) from None
    except Exception as broken:
        raise ScenarioError(
            f"{where}: storefront.platform: {name} cannot be loaded ({type(broken).__name__}: {broken}); mend it"
        ) from broken


def _from_file(path: Path, where: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"doorbuster_storefront_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ScenarioError(f"{where}: storefront.platform: no file {path}; write the adapter there, or its right path")
    module = importlib.util.module_from_spec(spec)
    # Known by its name while it is read and afterwards: dataclasses look their module up.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as broken:
        del sys.modules[spec.name]
        raise ScenarioError(
            f"{where}: storefront.platform: {path} cannot be loaded ({type(broken).__name__}: {broken}); mend it"
        ) from broken
    return module


def _of(module: Any, name: str, where: str) -> Platform:
    platform = getattr(module, "PLATFORM", None)
    if not isinstance(platform, Platform):
        raise ScenarioError(
            f"{where}: storefront.platform: {name} has no PLATFORM; end it with PLATFORM = Platform(storefront, "
            "backstage, read_options) from doorbuster.storefronts.base"
        )
    return platform
