"""YAML text as plain Python data, with the line and column of every key and value.

Reads the parser's events rather than building nodes: one pass, no recursion, and what makes YAML
dangerous (aliases, tags, merge keys) is seen before it can do anything. Scalars follow YAML 1.2 and
are stricter: only `true` and `false` are booleans, only decimal digits are integers, everything
else (dates, `16:9`, `2.00`) stays the text that was written, and keys are always text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import yaml

from veo_check.core.reading import NotRegularError, TooLargeError, read_limited, why_unread
from veo_check.core.secrets import printable

# Text that looks like a secret, wherever it stands in a file. Found, never shown.


#: What is put in the place of a secret before anything else reads the value.
HIDDEN = "(hidden)"

# Each shape and a text that is in every match: looking for that first is what keeps the reading of
# a thousand files fast. None may look far ahead from every letter: a hostile file has 256 KiB.
_SHAPES: tuple[tuple[str, str], ...] = (
    ("sk-", r"(?<![A-Za-z0-9])sk-(?:[A-Za-z0-9_\-]{6,}|(?=[A-Za-z_\-]{0,4}[0-9])[A-Za-z0-9_\-]+)"),
    ("AIza", r"AIza[A-Za-z0-9_\-]{6,}"),
    ("AQ.", r"(?<![A-Za-z0-9])AQ\.[A-Za-z0-9_\-]{6,}"),
    ("ya29.", r"ya29\.[A-Za-z0-9_.\-]{3,}"),
    ("eyJ", r"(?<![A-Za-z0-9_\-])eyJ[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*)?"),
    ("earer", r"\b[Bb]earer[ \t]+(?=[^\s0-9]*[0-9])[A-Za-z0-9._~+/=\-]{12,}"),
    ("PRIVATE KEY", r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"),
    ("AKIA", r"\bAKIA[A-Z0-9]{16}\b"),
    *((f"gh{kind}_", rf"\bgh{kind}_[A-Za-z0-9]{{20,}}") for kind in "pousr"),
    ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{20,}"),
    ("GOCSPX-", r"GOCSPX-[A-Za-z0-9_\-]{10,}"),
    ("xox", r"\bxox[abprs]-[A-Za-z0-9\-]{10,}"),
)
_COMPILED = tuple((hint, re.compile(shape)) for hint, shape in _SHAPES)


def find_keys(text: str) -> Iterator[int]:
    """Where in `text` something begins that looks like a key, a token or a private key."""
    for hint, shape in _COMPILED:
        if hint in text:
            for match in shape.finditer(text):
                yield match.start()


def holds_key(text: str) -> bool:
    return next(find_keys(text), None) is not None


def hide_keys(text: str) -> str:
    """`text` with everything that looks like a key taken out, no part of it left."""
    for hint, shape in _COMPILED:
        if hint in text:
            text = shape.sub(HIDDEN, text)
    return text


# What is wrong with a file, and where: `file:line:col: path: message`.


#: More problems than this are counted, not listed: nobody mends them one by one.
MOST_LISTED = 100

#: Stands where a problem is about the file as a whole, or about a comment in it.
WHOLE_FILE = "(file)"
COMMENT = "(comment)"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend in a file. Line and column count from 1; `path` is dotted."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        # hidden again: without its invisible letters, something may look like a key after all
        path, message = (hide_keys(printable(text, 1000)) for text in (self.path, self.message))
        return f"{printable(self.file, 500)}:{self.line}:{self.column}: {path}: {message}"


def listed(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems in the file's order, each once, cut to a number a person can read."""
    found = sorted(set(problems))
    if len(found) <= MOST_LISTED:
        return tuple(found)
    more, last = len(found) - MOST_LISTED, found[MOST_LISTED]
    rest = Problem(last.file, last.line, last.column, WHOLE_FILE, f"and {more} problems more")
    return (*found[:MOST_LISTED], rest)


def dotted(path: Iterable[str | int]) -> str:
    """`("via", "model")` as `via.model`; nothing as the whole file."""
    return ".".join(str(part) for part in path) or WHOLE_FILE


MAX_DEPTH = 20
MAX_VALUES = 10_000

Data = None | bool | int | str | list["Data"] | dict[str, "Data"]
Steps = tuple[str | int, ...]
Spot = tuple[int, int]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_COMMENT = re.compile(r"(?:^|\s)#")

_KEY_INSIDE = (
    "looks like a key or token; put it into an environment variable, name that variable here, "
    "and replace the key: whoever has read this file has it"
)
_NO_ALIAS = "anchors and aliases (&name, *name) are not used here; write the value out"
_NO_TAG = "tags (!name) are not used here; take it out"


class Place(NamedTuple):
    """Where a value stands, and the key or list dash's item it belongs to. Lines count from 1."""

    key: Spot
    value: Spot
    is_scalar: bool

    @property
    def shown(self) -> Spot:
        """Where to point: at a scalar itself, at the key of everything larger."""
        return self.value if self.is_scalar else self.key


@dataclass(slots=True)
class Document:
    """One YAML file as data. `data` is None where the text could not be read to its end.

    `places` holds the fields of a Place as plain tuples: cheap for the garbage collector.
    `unread` are the paths whose values were refused, so that nothing else complains about them.
    `digest` is `sha256:…` of a file's bytes, where they could be read.
    """

    file: str
    data: dict[str, Data] | None = None
    places: dict[Steps, tuple[Spot, Spot, bool]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: set[Steps] = field(default_factory=set)
    digest: str | None = None

    def nearest(self, path: Steps) -> Place | None:
        """The place of `path`, or of the nearest mapping or list around it that exists."""
        while path not in self.places:
            if not path:
                return None
            path = path[:-1]
        return Place(*self.places[path])

    def depth(self, path: Steps) -> int:
        """How much of `path` is in this document, in steps."""
        written = (length for length in range(len(path), 0, -1) if path[:length] in self.places)
        return next(written, 0)

    def refused(self, path: Steps) -> bool:
        """Whether what stands at `path` was refused as YAML, so that its value means nothing."""
        return any(path[:length] in self.unread for length in range(1, len(path) + 1))

    def blame(self, path: Steps, about_key: bool, message: str) -> None:
        """Add a problem with what stands at `path`, or is missing there, unless it was refused."""
        if self.refused(path):
            return
        place, written = self.nearest(path), path in self.places
        if written and message == "is missing":
            message = "is empty; it needs a value"
        spot = (1, 1) if place is None else place.value
        if place is not None and (about_key or not written):
            spot = place.key
        self.complain(spot, path, message)

    def complain(self, spot: Spot, path: Steps, message: str) -> None:
        self.problems.append(Problem(self.file, *spot, dotted(path), message))


class _StopReadingError(Exception):
    """What follows cannot be understood, or is not worth reading."""

    def __init__(self, spot: Spot, path: Steps, message: str) -> None:
        super().__init__(message)
        self.spot, self.path, self.message = spot, path, message


def read_yaml(file: str, text: str) -> Document:
    """`text` as data, with every problem of its YAML. `file` is what problems call it."""
    document = Document(file)
    refused = _NOT_YAML.search(text)
    if refused:
        code = f"U+{ord(refused[0]):04X}"
        message = f"holds the control character {code}, which YAML does not allow; take it out"
        document.complain(_spot_of(text, refused.start())[0], (), message)
        return document
    reader = _Reader(document)
    try:
        reader.read(yaml.parse(text, Loader=_LOADER))
    except _StopReadingError as stop:
        document.complain(stop.spot, stop.path, stop.message)
        document.data = None
    except yaml.YAMLError as error:
        document.complain(*_in_plain_words(error))
        document.data = None
    _refuse_keys(document, text, reader.rewritten)
    return document


class _Reader:
    """Turns events into data, without recursion."""

    def __init__(self, document: Document) -> None:
        self.document = document
        #: scalars whose letters differ from the file's: escapes, quotes, folded lines
        self.rewritten: list[tuple[Steps, Spot, str]] = []

    def read(self, events: Iterator[yaml.Event]) -> None:
        """Read one document. One long loop: it is what a run of a thousand files spends time on."""
        places = self.document.places
        frames: list[tuple[Data, Steps]] = []
        container: Data = None
        path: Steps = ()
        key: str | None = None
        key_spot: Spot = (1, 1)
        documents = 0
        for event in events:
            mark = event.start_mark
            if mark is None:
                continue
            spot = (mark.line + 1, mark.column + 1)
            value: Data
            if isinstance(event, yaml.ScalarEvent):
                if key is None and isinstance(container, dict):
                    key, key_spot = self._key(event, container, path, spot), spot
                    continue
                value = _scalar(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                container, path = frames.pop()
                continue
            elif isinstance(event, yaml.MappingStartEvent):
                value = {}
            elif isinstance(event, yaml.SequenceStartEvent):
                value = []
            elif isinstance(event, yaml.AliasEvent):
                value = None
            else:
                documents += isinstance(event, yaml.DocumentStartEvent)
                if documents > 1:
                    message = "a second document begins here; put each route into its own file"
                    raise _StopReadingError(spot, (), message)
                continue

            here: Steps
            if isinstance(container, list):
                here, key_spot = (*path, len(container)), spot
                container.append(value)
            elif isinstance(container, dict):
                if key is None:
                    raise _StopReadingError(spot, path, "a key has to be plain text")
                here = (*path, key)
                container[key] = value
                key = None
            else:
                here, key_spot = (), spot
                self._root(value, spot)
            is_scalar = not isinstance(event, yaml.CollectionStartEvent)
            places[here] = (key_spot, spot, is_scalar)
            if event.anchor is not None:
                self._refuse(here, spot, _NO_ALIAS)
            if not isinstance(event, yaml.AliasEvent) and event.tag is not None:
                self._refuse(here, spot, _NO_TAG)
            if not is_scalar:
                frames.append((container, path))
                container, path = value, here
                if len(frames) > MAX_DEPTH:
                    message = f"is nested deeper than {MAX_DEPTH} levels"
                    raise _StopReadingError(spot, here[:3], message)
            elif isinstance(event, yaml.ScalarEvent) and (
                event.style or (event.end_mark is not None and event.end_mark.line != mark.line)
            ):
                self.rewritten.append((here, spot, event.value))
            if len(places) > MAX_VALUES:
                message = f"holds more than {MAX_VALUES} values"
                raise _StopReadingError(spot, (), message)

    def _root(self, value: Data, spot: Spot) -> None:
        if value is None:
            return  # the caller says what an empty file lacks
        if not isinstance(value, dict):
            raise _StopReadingError(spot, (), "has to hold `key: value` lines at its top level")
        self.document.data = value

    def _key(
        self, event: yaml.ScalarEvent, container: dict[str, Data], path: Steps, spot: Spot
    ) -> str:
        key: str = event.value
        if event.style:
            self.rewritten.append(((*path, key), spot, key))
        if event.anchor is not None or event.tag is not None:
            self._refuse((*path, key), spot, _NO_ALIAS if event.anchor else _NO_TAG)
        if key == "<<" and event.implicit[0]:
            message = "merge keys (<<) are not used here; write the values out"
            self.document.complain(spot, (*path, key), message)
            self.document.unread.add((*path, key))
        if key in container:
            (line, _), _, _ = self.document.places[(*path, key)]
            message = f"this key stands here already, on line {line}; keep one of the two"
            self.document.complain(spot, (*path, key), message)
            key = f"{key} ({len(container) + 1})"
            self.document.unread.add((*path, key))
        return key

    def _refuse(self, here: Steps, spot: Spot, message: str) -> None:
        self.document.complain(spot, here, message)
        self.document.unread.add(here)


def _scalar(event: yaml.ScalarEvent) -> Data:
    text: str = event.value
    if event.implicit[0]:  # plain: neither quoted nor tagged
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
    return text


def _in_plain_words(error: yaml.YAMLError) -> tuple[Spot, Steps, str]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    spot = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = getattr(error, "problem", None) or "it cannot be read"
    context = getattr(error, "context", None)
    return spot, (), f"is not YAML: {what}" + (f" ({context})" if context else "")


def _refuse_keys(document: Document, text: str, rewritten: list[tuple[Steps, Spot, str]]) -> None:
    """Name the places that hold what looks like a key, and take it out of data and problems."""
    raw = list(islice(find_keys(text), MOST_LISTED))
    hidden = [(at, spot) for at, spot, value in rewritten if holds_key(value)]
    if not raw and not hidden:
        return
    found = [_place_of_key(document, text, start) for start in raw]
    seen = {path for _, path, _ in found}
    found += [(spot, at, dotted(at)) for at, spot in hidden if at not in seen]
    document.unread.update(path for _, path, _ in found if path)
    if document.data is not None:
        document.data = _without_keys(document.data)
    document.unread = {_hidden_path(path) for path in document.unread}
    document.places = {_hidden_path(path): at for path, at in document.places.items()}
    document.problems = [
        replace(problem, path=hide_keys(problem.path), message=hide_keys(problem.message))
        for problem in document.problems
    ]
    for spot, _, shown in found:
        document.problems.append(Problem(document.file, *spot, hide_keys(shown), _KEY_INSIDE))


def _place_of_key(document: Document, text: str, start: int) -> tuple[Spot, Steps, str]:
    """Where a key in the text is: its place, the value's path, and what to call that."""
    spot, line = _spot_of(text, start)
    if _COMMENT.search(line):
        return spot, (), COMMENT
    path = _path_at(document, spot)
    return spot, path, dotted(path)


def _path_at(document: Document, spot: Spot) -> Steps:
    """The value or key that `spot` is in; the empty path for a comment."""
    best: tuple[Spot, Steps] = ((0, 0), ())
    for path, fields in document.places.items():
        place = Place(*fields)
        for start in (place.key, place.value):
            if best[0] <= start <= spot and (start[0] == spot[0] or place.is_scalar) and path:
                best = (start, path)
    return best[1]


def _without_keys(value: dict[str, Data]) -> dict[str, Data]:
    return {hide_keys(key): _without_key(inner) for key, inner in value.items()}


def _without_key(value: Data) -> Data:
    if isinstance(value, str):
        return hide_keys(value)
    if isinstance(value, dict):
        return _without_keys(value)
    return [_without_key(inner) for inner in value] if isinstance(value, list) else value


def _hidden_path(path: Steps) -> Steps:
    return tuple(hide_keys(step) if isinstance(step, str) else step for step in path)


def _spot_of(text: str, index: int) -> tuple[Spot, str]:
    """Line and column of a place in the text, and what stands before it in its line."""
    before = _LINE_END.split(text[:index])
    return (len(before), len(before[-1]) + 1), before[-1]


# Files that people write, read with limits: regular files, not huge, UTF-8, one YAML document.


MAX_BYTES = 256 * 1024


def read_file(path: Path, kind: str, shown: str | None = None) -> Document:
    """Read `path`. `kind` is what it should be, for messages; `shown` what problems call it."""
    file = shown or str(path)

    def refused(message: str, line: int = 1, digest: str | None = None) -> Document:
        problem = Problem(file, line, 1, WHOLE_FILE, message)
        return Document(file, problems=[problem], digest=digest)

    try:
        if path.is_dir():
            return refused(f"is a folder that holds no {kind}")
        content = read_limited(path, MAX_BYTES, follow_links=True)
    except FileNotFoundError:
        return refused("there is no such file")
    except NotRegularError:
        return refused(f"is not a regular file, so not a {kind}")
    except TooLargeError:
        return refused(f"is larger than {MAX_BYTES // 1024} KiB, so not a {kind}")
    except OSError as error:
        return refused(f"cannot be read: {why_unread(error)}")
    except ValueError:
        return refused("cannot be read: bad name")
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return refused("is not UTF-8 text; save it as UTF-8", line, digest)
    document = read_yaml(file, text)
    document.digest = digest
    if document.data is None and not document.problems:
        return refused(f"is empty; a {kind} begins with version: 1", digest=digest)
    return document
