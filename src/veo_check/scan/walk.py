"""The files below the paths that a person named: links not followed, `.gitignore` respected."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Callable, Iterator, Sequence

from veo_check.scan.gitignore import GitIgnore, is_left_out, outer_rules, read_gitignore

#: Folders of version control: their content is none of the project's files.
_NOT_OURS = frozenset({".git", ".hg", ".svn"})
#: Told what could not be looked at, and why.
Tell = Callable[[str, str], None]


def walk(arguments: Sequence[str], tell: Tell) -> Iterator[str]:
    """Every regular file to look at, each once, in no particular order.

    A file or folder that is named is taken even where a `.gitignore` leaves the whole of it out.
    Links inside folders are not followed: what they show is either looked at where it lies, or is
    no part of the tree. A named link is followed unless it leads out of the current folder.
    """
    seen: set[str] | None = set() if _overlap(arguments) else None
    for argument in arguments:
        for path in _below(argument, tell):
            if seen is not None:
                whole = os.path.realpath(path)
                if whole in seen:
                    continue
                seen.add(whole)
            yield path


def _below(argument: str, tell: Tell) -> Iterator[str]:
    try:
        if os.path.islink(argument) and not _is_here(argument):
            tell(argument, "is a link out of the current folder; name what it leads to")
            return
        mode = os.stat(argument).st_mode
    except (OSError, ValueError) as error:
        tell(argument, _why(error))
        return
    if stat.S_ISDIR(mode):
        yield from _folder(argument, tell)
    elif stat.S_ISREG(mode):
        yield argument
    else:
        tell(argument, "is no regular file")


def _folder(top: str, tell: Tell) -> Iterator[str]:
    cut = len(os.path.join(top, ""))
    outer = outer_rules(top, cut)
    stack: list[tuple[str, tuple[GitIgnore, ...]]] = [(top, outer)]
    while stack:
        folder, rules = stack.pop()
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError as error:
            tell(folder, _why(error))
            continue
        if folder == top and outer and all(_left_out(rules, entry) for entry in entries):
            rules = ()
        for entry in entries:
            if entry.name == ".gitignore":
                inner = read_gitignore(entry.path, len(os.path.join(folder, "")))
                rules = (inner, *rules) if inner is not None else rules
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NOT_OURS and not (rules and _left_out(rules, entry)):
                    stack.append((entry.path, rules))
            elif entry.is_file(follow_symlinks=False) and not (rules and _left_out(rules, entry)):
                yield entry.path


def _left_out(rules: tuple[GitIgnore, ...], entry: os.DirEntry[str]) -> bool:
    return is_left_out(rules, entry.name, entry.path, entry.is_dir(follow_symlinks=False))


def _overlap(arguments: Sequence[str]) -> bool:
    """Whether one of the paths is, or is below, another one."""
    whole = sorted(os.path.join(os.path.realpath(one), "") for one in arguments if "\0" not in one)
    return any(later.startswith(one) for one, later in itertools.pairwise(whole))


def _is_here(link: str) -> bool:
    here, target = os.path.realpath("."), os.path.realpath(link)
    return target == here or target.startswith(os.path.join(here, ""))


def _why(error: OSError | ValueError) -> str:
    said = error.strerror if isinstance(error, OSError) else str(error)
    return f"cannot be read: {said or type(error).__name__}"
