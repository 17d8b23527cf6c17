"""What is wrong with a card that a shop filled in, in one sentence that names the key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from doorbuster.errors import DoorbusterError, did_you_mean

Filled = TypeVar("Filled", bound=BaseModel)


def read_card(path: Path, model: type[Filled], error: type[DoorbusterError], what: str) -> Filled:
    """A TOML file as its model. Raises `error`: file, key, nearest valid key; `what` the file is, in words."""
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise error(f"{path}: is not valid TOML: {broken}") from None
    except OSError as refused:
        raise error(f"{path}: cannot be read ({refused.strerror}); give the {what}'s path") from None
    except ValidationError as invalid:
        raise error(f"{path}: {explain(invalid, model)}") from None


def explain(invalid: ValidationError, model: type[BaseModel]) -> str:
    """The first validation error as one sentence: key, what is wrong, nearest valid key."""
    # An unknown key explains the missing one beside it ("bufer" for "buffer"), so it comes first; of the ways in which
    # a value fits none of its forms, the deepest says most.
    first = min(
        invalid.errors(include_url=False), key=lambda error: (error["type"] != "extra_forbidden", -len(error["loc"]))
    )
    location = [
        str(part) for part in first["loc"] if not str(part).startswith(("function-", "dict[", "float", "tuple["))
    ]
    key = ".".join(location)
    if first["type"] == "extra_forbidden":
        parent = _model_at(model, first["loc"][:-1])
        names = [field.alias or name for name, field in parent.model_fields.items()]
        return f"unknown key {key}{did_you_mean(location[-1], names)}"
    if first["type"] == "missing":
        return f"{key} is missing; add it"
    message = first["msg"].removeprefix("Value error, ")
    given: Any = first["input"]
    shown = f" (given: {given!r})" if isinstance(given, str | int | float) and repr(given) not in message else ""
    return f"{key + ': ' if key else ''}{message[0].lower() + message[1:]}{shown}"


def _model_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that holds the key at `location`, through tuples and dicts."""
    for part in location:
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        if field is None:
            continue
        stack: list[Any] = [field.annotation]
        while stack:
            annotation = stack.pop()
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                model = annotation
                break
            stack.extend(getattr(annotation, "__args__", ()))
    return model
