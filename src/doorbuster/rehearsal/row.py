"""One line of a check's table: works, does not, cannot be told, or is not there to be checked; and what to do."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from doorbuster.storefronts.base import Answer

State = Literal["works", "does not work", "cannot tell", "not configured"]
LOOK: Final = "look at the requests: doorbuster check ... --requests"


class Row(NamedTuple):
    """One line of the table."""

    what: str
    state: State
    said: str
    do: str = ""


def why(answer: Answer | None, ok: str = "") -> str:
    """What an answer came to, in words; `ok` says it for one that went well."""
    if answer is None:
        return "not tried"
    return ok if answer.outcome == "ok" else f"{answer.outcome}, {answer.detail}"
