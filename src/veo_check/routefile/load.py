"""Route files: read, merged with the file they extend, and checked, every problem at once."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path

import yaml
from pydantic import ValidationError

from veo_check.core.frozen import dataclass
from veo_check.core.reading import NotRegularError, TooLargeError, read_limited
from veo_check.core.route import Route
from veo_check.routefile.messages import explain
from veo_check.routefile.yaml_reader import (
    MAX_BYTES,
    Data,
    Document,
    Problem,
    Spot,
    Steps,
    listed,
    read_file,
)

# The route files that a command's arguments name: files as they are, folders searched.


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
    Hidden files and folders, virtual environments, `node_modules` and links to folders are left
    out. A folder without any route file is returned itself, so that loading it says so.
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
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name != "node_modules"
            and not os.path.exists(os.path.join(parent, name, "pyvenv.cfg"))
        )
        for name in sorted(names):
            if name.endswith(_SUFFIXES) and not name.startswith("."):
                yield Path(parent, name)


def _has_route(path: Path) -> bool:
    """Whether a YAML file is meant as a route; if in doubt it is, and loading it says why not."""
    try:
        content = read_limited(path, MAX_BYTES, follow_links=True)
    except NotRegularError:
        return False
    except (OSError, TooLargeError):
        return True
    if _ROUTE_LINE.search(content):
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


__all__ = ["Problem", "RouteFile", "load_route_file", "route_paths"]

_KIND = "route file"
#: Where a route file names another file: the path in it, and what it is.
_SAMPLE: Steps = ("logging", "sample")
_MEDIA: tuple[str, ...] = ("image", "last_image", "references", "video")
_FILES: tuple[Steps, ...] = (_SAMPLE, *(("smoke", name) for name in _MEDIA))


@dataclass(frozen=True, slots=True)
class RouteFile:
    """A valid route, and where each of its values stands in the file.

    `digest` is `sha256:…` of the file's bytes; `extended` and `extended_digest` are those of the
    file that it extends. Paths in `route` are relative to the route file's own folder, whichever of
    the two files holds them; `sample` and `media` are the same, resolved.
    """

    route: Route
    path: Path
    digest: str
    document: Document = field(repr=False)
    extended: Path | None = None
    extended_digest: str | None = None
    sample: Path | None = None
    #: the smoke job's input files, by their key under `smoke`
    media: tuple[tuple[str, Path], ...] = ()
    #: what stands in the file, with what the extended one supplies
    data: Mapping[str, Data] = field(default_factory=dict, repr=False)

    def position(self, at: str) -> Spot | None:
        """Line and column, from 1, of a dotted path such as `fallback.routes.0.model.official`.

        Of what is not in the file: the nearest mapping or list around it, or `extends` where the
        other file supplies the whole of it.
        """
        path = tuple(int(step) if step.isdecimal() else step for step in at.split(".") if step)
        place = self.document.nearest(path)
        if self.extended is not None and path and path[:1] not in self.document.places:
            place = self.document.nearest(("extends",))
        return None if place is None else place.shown


def load_route_file(path: Path, extended: Path | None = None) -> RouteFile | tuple[Problem, ...]:
    """The route in `path`, or everything that is wrong with the file and the one it extends.

    `extended` is read in place of the file that `extends` names: an evidence bundle keeps both.
    """
    own = read_file(path, _KIND)
    if own.data is None or own.digest is None:
        return listed(own.problems)
    data = dict(own.data)
    folder = _folder_of(path)
    extends = data.pop("extends", None)
    base, base_path = None, None
    if extends is not None and ("extends",) not in own.unread:
        base_path = extended or _extended(own, path, extends)
        if base_path is not None:
            shown = os.path.join(path.parent, str(extends))
            base = read_file(base_path, _KIND, shown)
    if base is not None and base.data is not None:
        inherited = dict(base.data)
        _refuse_in_base(base, inherited)
        _move_paths(base, inherited, base_path, folder)
        data = _merged(inherited, data)
    documents = [own] if base is None else [own, base]
    has_all = extends is None or (base is not None and base.data is not None)
    route = _validated(data, documents, has_all)
    sample = next(iter(_files_at(route, _SAMPLE, folder, documents)), None)
    media = tuple(
        (name, path)
        for name in _MEDIA
        for path in _files_at(route, ("smoke", name), folder, documents)
    )
    problems = [problem for document in documents for problem in document.problems]
    if route is None or problems:
        return listed(problems)
    base_digest = None if base is None else base.digest
    return RouteFile(
        route, path, own.digest, own, base_path, base_digest, sample=sample, media=media, data=data
    )


def _folder_of(path: Path) -> Path:
    """The folder that the file really is in, links resolved."""
    return Path(os.path.realpath(path)).parent


def _may_hold(folder: Path) -> tuple[Path, ...]:
    """The folders whose files a route file may name: its own, and its parent's.

    The root of the file system is nobody's parent folder here: it would allow every file.
    """
    return (folder,) if folder.parent == folder.parent.parent else (folder, folder.parent)


def _extended(own: Document, path: Path, extends: Data) -> Path | None:
    """The file that `extends` names, resolved, or None after adding the problem."""
    at: Steps = ("extends",)
    folder, target, message = _folder_of(path), None, "has to be a file's name, such as team.yaml"
    if isinstance(extends, str) and extends.strip() and extends.isprintable():
        target = Path(os.path.realpath(folder / extends))
        if target.parent not in _may_hold(folder):
            message = "has to be in the folder of this file or in its parent folder"
        elif target == Path(os.path.realpath(path)):
            message = "a file cannot extend itself"
        elif not os.path.isfile(target):  # unlike Path.is_file, no error for a long name
            message = "there is no such file"
        else:
            return target
    own.blame(at, False, message)
    return None


def _refuse_in_base(base: Document, data: dict[str, Data]) -> None:
    """What only matters in the extended file itself, since the route file's values win."""
    if "extends" in data:
        del data["extends"]
        message = "a file that is extended cannot extend another; move the values here"
        base.blame(("extends",), True, message)
    version = data.get("version", 1)
    if isinstance(version, bool) or version not in (1, None):
        base.blame(("version",), False, "has to be 1")


def _move_paths(base: Document, data: dict[str, Data], path: Path | None, folder: Path) -> None:
    """Make file names of the extended file relative to the folder of the route file."""
    for section, name in _FILES:
        inner = data.get(str(section))
        value = inner.get(str(name)) if isinstance(inner, dict) else None
        if path is None or not isinstance(inner, dict):
            continue
        if isinstance(value, str):
            data[str(section)] = inner | {str(name): _moved(value, path, folder)}
        elif isinstance(value, list):
            each = [_moved(item, path, folder) if isinstance(item, str) else item for item in value]
            data[str(section)] = inner | {str(name): each}


def _moved(value: str, path: Path, folder: Path) -> str:
    return os.path.relpath(path.parent / value, folder) if "\0" not in value else value


def _merged(base: dict[str, Data], own: dict[str, Data]) -> dict[str, Data]:
    """`own` over `base`: mappings key by key, everything else replaced; an empty value is unset."""
    merged = dict(base)
    for key, value in own.items():
        below = merged.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            merged[key] = _merged(below, value)
        elif value is not None or key not in merged:
            merged[key] = value
    return merged


def _validated(data: dict[str, Data], documents: list[Document], has_all: bool) -> Route | None:
    """The route, or None after adding what is wrong.

    Without `has_all` the file that is extended could not be read, so that nothing can be missing.
    """
    try:
        return Route.model_validate(data)
    except ValidationError as error:
        failed = error
    # `waivers:` with nothing after it is how people switch a section off: it is not written
    empty = [
        problem["loc"]
        for problem in failed.errors(include_url=False)
        if problem["input"] is None and problem["type"] not in {"extra_forbidden", "missing"}
    ]
    if empty:
        for path in empty:
            _drop(data, path)
        try:
            return Route.model_validate(data)
        except ValidationError as error:
            failed = error
    for path, about_key, message in explain(failed, Route, ("extends",)):
        if has_all or not message.startswith("is missing"):
            _blame(documents, path, about_key, message)
    return None


def _drop(data: Data, path: Steps) -> None:
    for step in path[:-1]:
        if isinstance(data, dict):
            data = data.get(str(step))
        elif isinstance(data, list) and isinstance(step, int):
            data = data[step]
    if isinstance(data, dict):
        data.pop(str(path[-1]), None)


def _blame(documents: list[Document], path: Steps, about_key: bool, message: str) -> None:
    """Add a problem to the file that holds `path`, or the most of it."""
    if not any(document.refused(path) for document in documents):
        max(documents, key=lambda document: document.depth(path)).blame(path, about_key, message)


def _files_at(
    route: Route | None, at: Steps, folder: Path, documents: list[Document]
) -> Iterator[Path]:
    """The files that the value at `at` names, resolved; a problem where one is out of bounds."""
    section, name = at
    named = getattr(getattr(route, str(section), None), str(name), None)
    for each in named if isinstance(named, list) else [named]:
        if not isinstance(each, str):
            continue
        resolved = Path(os.path.realpath(folder / each))
        if any(resolved.is_relative_to(allowed) for allowed in _may_hold(folder)):
            yield resolved
        else:
            message = "has to be below the folder of this file or below its parent folder"
            _blame(documents, at, False, message)
