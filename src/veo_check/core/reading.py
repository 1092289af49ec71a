"""What others wrote, read with distrust: plain files up to a size, JSON that means one thing."""

from __future__ import annotations

import json
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

#: A link in place of a file must not lead the reader somewhere else, and a pipe has no end.
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)


class NotRegularError(OSError):
    """What should be a plain file is something else: a link, a folder, a device."""


class TooLargeError(ValueError):
    """The file is longer than the caller wants to read."""


def read_limited(path: Path | str, limit: int, *, follow_links: bool = False) -> bytes:
    """The bytes of a plain file of at most `limit` bytes.

    Raises OSError, NotRegularError, TooLargeError, and ValueError for a name no file can have.
    """
    handle = os.open(path, _FLAGS if follow_links else _FLAGS | _NO_LINKS)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise NotRegularError(f"{os.path.basename(path)} is not a regular file")
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(limit + 1)
    finally:
        os.close(handle)
    if len(content) > limit:
        raise TooLargeError(f"{os.path.basename(path)} is larger than {limit} bytes")
    return content


def real_path(path: Path) -> Path:
    """The path without links. A loop of links stays as it is, where `Path.resolve` would raise."""
    return Path(os.path.realpath(path))


def why_unread(error: OSError | ValueError) -> str:
    """Why reading failed, in a few words without the path."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def strict_json(text: str, fraction: Callable[[str], object] | None = None) -> object:
    """JSON that can be read in one way only: no key twice, no NaN, no endless nesting.

    `fraction` reads numbers that are not whole; without it they are refused, since a float is
    inexact. Raises ValueError, whose message may hold words of the text, made fit to print.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=_without_repeats,
            parse_constant=_no_constant,
            parse_float=fraction or _no_float,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def near(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, or None when none is like it."""
    import difflib

    by_fold = {candidate.casefold().replace("-", "_"): candidate for candidate in known}
    folded = word[:100].casefold().replace("-", "_")
    found = difflib.get_close_matches(folded, by_fold, 1)
    if not found and len(folded) >= 3:
        found = [candidate for candidate in by_fold if candidate.startswith(folded)][:1]
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """The question after a word that is not known, or `otherwise` when none is like it."""
    nearest = near(word, known)
    return f"did you mean {nearest}?" if nearest else otherwise


#: What stands before an id in a path, or in a tool that names the vendor; it is no part of the id.
_PREFIX = re.compile(
    r"(?:https://[^/]*\.googleapis\.com/v1(?:(?:alpha|beta)1?)?/)?"
    r"(?:(?:projects/[^/]+/locations/[^/]+/)?publishers/[^/]+/models/|models/)"
    r"|(?:google|googleai|gemini|vertex_ai|vertex_ai_beta|vertexai|openai)/"
)
#: What stands behind it in a path: the version that Google names the default, and the method.
_SUFFIX = re.compile(r"(?:@default)?(?::[A-Za-z]+)?$")


def bare_id(name: str) -> str:
    """A model's id without what a path or a tool puts around it: `models/veo-…`, `vertex_ai/veo-…`,
    `publishers/google/models/veo-…@default:predictLongRunning`."""
    bare = name
    while (prefix := _PREFIX.match(bare)) is not None and prefix.end() < len(bare):
        bare = bare[prefix.end() :]
    return _SUFFIX.sub("", bare) if bare != name else bare.removesuffix("@default")


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice[:60]!a} appears twice")
    return found


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is not a number")


def _no_float(text: str) -> object:
    raise ValueError(f"{text[:20]} is written as a float; write amounts in quotes")


# A file's name as reports write it for the place where they are shown.


def file_from_here(file: str) -> str:
    """A file below the working folder relative to it, as CI servers expect; else its whole path."""
    whole = os.path.normpath(os.path.join(os.getcwd(), file))
    here = os.path.join(os.getcwd(), "")
    return whole[len(here) :] if whole.startswith(here) else whole


def file_uri(file: str) -> str:
    """The address of a file in a report: relative to the working folder, or `file:`."""
    from urllib.parse import quote

    place = file_from_here(file)
    quoted = quote(os.fsencode(place.replace(os.sep, "/")))
    return f"file://{quoted}" if os.path.isabs(place) else quoted
