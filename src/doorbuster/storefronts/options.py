"""What a scenario may say about its platform: a card of options for each that has any."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from doorbuster.storefronts.base import ReadOptions, Shop


class Options(BaseModel):
    """Frozen; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def by_card(card: type[Options]) -> ReadOptions:
    """Options as a card describes them, defaults filled in."""

    def read(given: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
        return card.model_validate(dict(given)).model_dump(mode="json")

    return read


def by_admin_token(shop: Shop) -> str | None:
    """`Platform.untold` where the shop's back office knows how payments and mails are set up, and nobody else."""
    if shop.admin_token:
        return None
    return "whether it takes live payments or sends real mail: only its back office says; set DOORBUSTER_ADMIN_TOKEN"


NO_OPTIONS: ReadOptions = by_card(Options)
"""For a platform that needs to be told nothing."""
