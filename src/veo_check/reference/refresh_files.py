"""A reference document as text that a person can read: one source, one row, one line.

A refresh result is one file. What ships in the package is three, cut so that a look-up of a
model's dates does not read the prices; each holds the sources that its own rows name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

#: bundled file -> the sections it holds, in their order
BUNDLE: Mapping[str, tuple[str, ...]] = {
    "capabilities.json": ("capabilities",),
    "lifecycle.json": ("lifecycle",),
    "prices.json": ("rasters", "credits", "prices"),
}


def as_text(document: Mapping[str, object]) -> str:
    """The document as one file."""
    return "{\n" + ",\n".join(_section(key, value) for key, value in document.items()) + "\n}\n"


def as_bundle(document: Mapping[str, object]) -> dict[str, str]:
    """The document as the files that the package ships, by name."""
    return {name: as_text(_part(document, sections)) for name, sections in BUNDLE.items()}


def _part(document: Mapping[str, object], sections: tuple[str, ...]) -> Mapping[str, object]:
    held = {key: document[key] for key in sections if key in document}
    sources = cast("Mapping[str, object]", document.get("sources", {}))
    named = _named(list(held.values()))
    used = {key: source for key, source in sources.items() if key in named}
    return {"compiled": document.get("compiled"), "sources": used, **held}


def _named(value: object) -> set[str]:
    """Every source that something in here names."""
    names: set[str] = set()
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            source = one.get("source")
            if isinstance(source, str):
                names.add(source)
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return names


def _section(key: str, value: object) -> str:
    if isinstance(value, list):
        return f'  "{key}": [\n{_lines(map(_line, value))}\n  ]' if value else f'  "{key}": []'
    if isinstance(value, dict) and value:
        lines = (_entry(name, one, nested=key == "rasters") for name, one in value.items())
        return f'  "{key}": {{\n{_lines(lines)}\n  }}'
    return f'  "{key}": {_line(value)}'


def _entry(name: str, value: object, *, nested: bool) -> str:
    if not nested or not isinstance(value, dict):
        return f"{_line(name)}: {_line(value)}"
    rows = ",\n".join(f"      {_line(key)}: {_line(one)}" for key, one in value.items())
    return f"{_line(name)}: {{\n{rows}\n    }}"


def _lines(texts: object) -> str:
    return ",\n".join(f"    {text}" for text in cast("list[str]", texts))


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
