"""Checklists: the items in order, and the tier that requires each of their checks. Data only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from veo_check.core.findings import Tier
from veo_check.core.frozen import dataclass
from veo_check.core.money import InvalidFileError
from veo_check.core.reading import did_you_mean
from veo_check.core.route import CloudName, Name, Version
from veo_check.routefile.messages import explain
from veo_check.routefile.yaml_reader import Document, listed, read_file

_NAME = re.compile(r"[a-z0-9-]+")
_PACKAGE = Path(__file__).resolve().parents[1]
#: in the wheel, and in a checkout
_FOLDERS = (_PACKAGE / "checklists", _PACKAGE.parents[1] / "checklists")


def _tier_of(value: object) -> object:
    return Tier.of(value) if isinstance(value, str) else value


#: A tier that a record spells as its word.
TierInWords = Annotated[Tier | None, BeforeValidator(_tier_of)]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One check of an item. `tier` None: it informs and is required for nothing."""

    check: str
    tier: TierInWords


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a checklist: why it matters, the evidence to save, and what checks it."""

    id: str
    title: str
    why: str
    evidence: str
    checks: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Checklist:
    """A checklist; each check is in it once."""

    name: str
    title: str
    items: tuple[Item, ...]


_Text = Annotated[str, Field(min_length=1, max_length=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True)


class _ItemText(_Strict):
    id: CloudName
    title: _Text
    why: _Text
    evidence: _Text
    checks: Annotated[
        dict[Name, Literal["research", "staging", "production", "note"]], Field(min_length=1)
    ]


class _ChecklistText(_Strict):
    version: Version
    name: CloudName
    title: _Text
    items: Annotated[list[_ItemText], Field(min_length=1)]


def bundled_checklists() -> tuple[str, ...]:
    """The names of the checklists that ship with the program."""
    return tuple(sorted({path.stem for folder in _FOLDERS for path in folder.glob("*.yaml")}))


def load_checklist(name_or_file: str | Path, known_checks: Iterable[str]) -> Checklist:
    """The bundled checklist of that name, else the one in that file.

    `known_checks` are the ids that a file may name: built-in checks and plug-ins. A bundled
    checklist may name more; the engine reports what it cannot run. Raises InvalidFileError with
    every problem as `file:line:col: path: message`.
    """
    name = str(name_or_file)
    bundled = _bundled(name) if _NAME.fullmatch(name) else None
    path = bundled or Path(name_or_file)
    if bundled is None and _NAME.fullmatch(name) and not path.exists():
        names = bundled_checklists()
        hint = did_you_mean(name, names, f"name a file, or one of: {', '.join(names)}")
        raise InvalidFileError(f"no checklist is called '{name}'; {hint}")
    document = read_file(path, "checklist")
    text = None
    if document.data is not None:
        try:
            text = _ChecklistText.model_validate(document.data)
        except ValidationError as error:
            for at, about_key, message in explain(error, _ChecklistText):
                document.blame(at, about_key, message)
    if text is not None:
        _refuse_lines(document, text, None if bundled else set(known_checks))
    if text is None or document.problems:
        raise InvalidFileError("\n".join(map(str, listed(document.problems))))
    return Checklist(text.name, text.title, tuple(_item(item) for item in text.items))


def _bundled(name: str) -> Path | None:
    paths = (folder / f"{name}.yaml" for folder in _FOLDERS)
    return next((path for path in paths if path.is_file()), None)


def _refuse_lines(document: Document, text: _ChecklistText, known: set[str] | None) -> None:
    """Complain of what stands twice, and of checks that are not in `known`."""
    items: set[str] = set()
    checks: set[str] = set()
    for index, item in enumerate(text.items):
        if item.id in items:
            document.blame(("items", index, "id"), False, "another item has this id")
        items.add(item.id)
        for check in item.checks:
            at = ("items", index, "checks", check)
            if check in checks:
                document.blame(at, True, "another item has this check already")
            checks.add(check)
            if known is not None and check not in known:
                hint = did_you_mean(check, sorted(known), "`veo-check checks` lists them")
                document.blame(at, True, f"no check is called '{check}'; {hint}")


def _item(text: _ItemText) -> Item:
    checks = (
        Requirement(check, None if word == "note" else Tier.of(word))
        for check, word in text.checks.items()
    )
    return Item(text.id, text.title, text.why, text.evidence, tuple(checks))
