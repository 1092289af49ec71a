"""The route files that a command's arguments name: files as they are, folders searched."""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from veo_check.spec.read_file import MAX_BYTES

_SUFFIXES = (".yaml", ".yml")
# what nearly every route file has, found without parsing it
_ROUTE_LINE = re.compile(rb"(?m)^(?:\xef\xbb\xbf)?[\"']?route[\"']?[ \t]*:")
#: How much of a word has to agree with `route` to be meant as it: routes, rout, Route, ruote.
_ALIKE = 0.8


def route_paths(arguments: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The files to load, each once, and the YAML files of folders that are passed over.

    A file is taken as it is. In a folder, and below it, every `*.yaml` and `*.yml` in order of
    name is a route file if it has a `route` key at its top level (or a misspelt one beside `via`),
    or is too large to look into; the others (such as files that routes extend) are passed over.
    Hidden files and folders, and links to folders, are left out. A folder without any route file
    is returned itself, so that loading it says so.
    """
    files: dict[str, Path] = {}
    passed_over: dict[str, Path] = {}
    for argument in arguments:
        if not argument.is_dir():
            files.setdefault(os.path.realpath(argument), argument)
            continue
        found = False
        for path in _yaml_files(argument):
            if _has_route(path):
                found = True
                files.setdefault(os.path.realpath(path), path)
            else:
                passed_over.setdefault(os.path.realpath(path), path)
        if not found:
            files.setdefault(os.path.realpath(argument), argument)
    return tuple(files.values()), tuple(
        path for real, path in passed_over.items() if real not in files
    )


def _yaml_files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(_SUFFIXES) and not name.startswith("."):
                yield Path(parent, name)


def _has_route(path: Path) -> bool:
    """Whether a YAML file is meant as a route; if in doubt it is, and loading it says why not."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError:
        return True
    if _ROUTE_LINE.search(content) or len(content) > MAX_BYTES:
        return True
    return (b"route" in content or b"via" in content) and _means_a_route(content)


def _means_a_route(content: bytes) -> bool:
    """The same by parsing: for `{route: …}`, and for a misspelt `route` beside a `via`.

    A misspelt route that was passed over would leave it unjudged without a word in the report.
    """
    keys: set[str] = set()
    depth = 0
    is_key = False
    try:
        for event in yaml.parse(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth == 1 and not isinstance(event, yaml.MappingStartEvent):
                    return False
                is_key = depth == 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
                is_key = depth == 1
            elif depth == 1 and isinstance(event, yaml.ScalarEvent):
                if is_key:
                    keys.add(event.value)
                is_key = not is_key
    except (yaml.YAMLError, ValueError):
        return True
    if "route" in keys:
        return True
    folded = [key.casefold() for key in keys if len(key) < 20]
    return "via" in keys and bool(difflib.get_close_matches("route", folded, 1, _ALIKE))
