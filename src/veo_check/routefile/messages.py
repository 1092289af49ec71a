"""What a model refuses, as sentences: where, what is wrong, and the nearest valid word."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ValidationError

from veo_check.core.reading import did_you_mean, near
from veo_check.core.route import PATTERNS_IN_WORDS
from veo_check.core.secrets import printable

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


Steps = tuple[str | int, ...]

#: Values under these keys are never repeated: somebody may have pasted a secret there.
_NEVER_SHOWN = {"key", "production_key", "env", "base_url", "console_url", "link"}


def explain(
    error: ValidationError, model: type[BaseModel], more_keys: tuple[str, ...] = ()
) -> Iterable[tuple[Steps, bool, str]]:
    """Each error of validating `model`: the path, whether the key itself is wrong, the sentence.

    `more_keys` are top-level keys that the file may hold and the model does not know.
    """
    for problem in error.errors(include_url=False):
        at = tuple(step for step in problem["loc"] if step != "[key]")
        about_key = problem["type"] == "extra_forbidden" or "[key]" in problem["loc"]
        if problem["type"] == "extra_forbidden":
            known = keys_at(model, at[:-1]) + (more_keys if len(at) == 1 else ())
            listed = f"known here: {', '.join(known)}" if known else ""
            hint = did_you_mean(str(at[-1]), known, listed)
            yield at, about_key, f"unknown key; {hint}" if hint else "unknown key"
        else:
            yield at, about_key, _sentence(problem, at)


def _sentence(error: ErrorDetails, at: Steps) -> str:
    kind, given = error["type"], error["input"]
    context: Mapping[str, Any] = error.get("ctx") or {}
    if kind == "missing":
        return "is missing"
    got = _shown(given, at)
    if kind == "value_error":
        said = printable(str(context["error"]), 400)
        no_number = said.startswith(f"{type(given).__name__} is not")
        return f'has to be a number such as "2.00"{got}' if no_number else said
    if given is None:
        return "is empty; it needs a value"
    if kind == "literal_error":
        words = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        if given in words:  # the right word, as text: `version: "1"`
            return f"has to be {given}, without quotes"
        return f"has to be {_either(words)}{got}{_mean(given, words)}"
    if kind in {"string_type", "string_sub_type"}:
        if isinstance(given, dict | list):
            return f"has to be text, not {_kind(given)}"
        return f"has to be text; write it in quotes{got}"
    if kind.startswith("int"):
        return f"has to be a whole number, without quotes{got}"
    if kind.startswith("bool"):
        return f"has to be true or false{got}"
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return f"has to hold `key: value` lines, not {_kind(given)}"
    if kind == "list_type":
        return f"has to be a list, not {_kind(given)}"
    if kind == "string_pattern_mismatch":
        said = PATTERNS_IN_WORDS.get(context["pattern"], "is not written as it has to be")
        return f"{said}{got}"
    if kind == "string_too_short":
        return "must not be empty" if context["min_length"] == 1 else f"is too short{got}"
    if kind == "string_too_long":
        return f"is longer than {context['max_length']} characters"
    if kind in {"too_short", "too_long"}:
        least = kind == "too_short"
        limit = context["min_length" if least else "max_length"]
        return f"has to have at {'least' if least else 'most'} {limit} in its list"
    if kind == "greater_than_equal":
        return f"has to be at least {context['ge']}{got}"
    if kind == "less_than_equal":
        return f"has to be at most {context['le']}{got}"
    return printable(error["msg"][:1].lower() + error["msg"][1:], 400)


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _mean(given: object, words: list[str]) -> str:
    nearest = near(str(given), words) if isinstance(given, str | int) else None
    if nearest is None and isinstance(given, int) and not isinstance(given, bool):
        nearest = next((word for word in words if word.rstrip("pk") == str(given)), None)
    return f"; did you mean {nearest}?" if nearest else ""


def _shown(given: object, at: Steps) -> str:
    if isinstance(given, dict | list):
        return f"; this is {_kind(given)}"
    if not isinstance(given, str | int) or _NEVER_SHOWN & set(at):
        return ""
    text = str(given).lower() if isinstance(given, bool) else str(given)
    return f"; this is '{printable(text, 60)}'" if text else "; this is empty"


def _kind(given: object) -> str:
    if isinstance(given, dict):
        return "`key: value` lines"
    return "a list" if isinstance(given, list) else "a single value"


def keys_at(model: type[BaseModel], path: Steps) -> tuple[str, ...]:
    """The keys that may stand at `path` of the model, in the model's order."""
    here: object = model
    for step in path:
        here = _model_in(here)
        if isinstance(step, str) and isinstance(here, type) and issubclass(here, BaseModel):
            named = {field.alias or name: field for name, field in here.model_fields.items()}
            here = named[step].annotation if step in named else None
    here = _model_in(here)
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return ()
    return tuple(field.alias or name for name, field in here.model_fields.items())


def _model_in(annotation: object) -> object:
    """The model inside `list[Model]`, `Model | None` and the like; else what it was given."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _model_in(typing.get_args(annotation)[0])
    if origin in {list, types.UnionType, typing.Union}:
        for argument in typing.get_args(annotation):
            found = _model_in(argument)
            if isinstance(found, type) and issubclass(found, BaseModel):
                return found
    return annotation
