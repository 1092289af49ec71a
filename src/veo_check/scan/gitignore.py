"""What `.gitignore` files leave out, with git's rules: the last match wins, the inner file first.

Names without a wildcard and `*.ending`, which is nearly every line, are looked up without a regular
expression. Any other line is matched folder by folder: no line, whoever wrote it, takes longer than
its length times that of the path.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable
from dataclasses import field

from veo_check.core.frozen import dataclass
from veo_check.core.reading import read_limited

#: A `.gitignore` beyond this is not read: a file too many is looked at, not one too few.
LARGEST = 1 << 20
#: A line longer than this counts as not written: no path that it could match is that long.
_LONGEST_LINE = 4096
_PLAIN = re.compile(r"(!?)(\*?)([\w+@~.-]+)(/?)", re.ASCII)
_ANY = re.compile(r"\*\*+")
_CLASSES = {
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:alnum:]": "a-zA-Z0-9",
    "[:lower:]": "a-z",
    "[:upper:]": "A-Z",
    "[:space:]": " \t",
    "[:xdigit:]": "0-9a-fA-F",
}


class _Pattern:
    """A line with wildcards. `**` stands for any folders, and is None among the parts."""

    def __init__(self, line: str) -> None:
        """Raises ValueError for a line that git passes over."""
        self.folders_only = line.endswith("/")
        line = line.removesuffix("/")
        self.of_paths = "/" in line
        self._parts: list[re.Pattern[str] | None] = []
        for part in line.removeprefix("/").split("/"):
            if _ANY.fullmatch(part) is None:
                self._parts.append(_compiled(part))
            elif self._parts[-1:] != [None]:
                self._parts.append(None)
        if self._parts == [None] and not self.of_paths:
            self._parts = [_compiled("*")]

    def matches(self, path: str, is_folder: bool) -> bool:
        if self.folders_only and not is_folder:
            return False
        names, parts = path.split("/"), self._parts
        # where in the pattern the names so far may have led
        reached = _past_any(parts, {0})
        for name in names:
            reached = _past_any(
                parts,
                {
                    at + (part is not None)
                    for at in reached
                    if at < len(parts) and ((part := parts[at]) is None or part.fullmatch(name))
                },
            )
        # `folder/**` is what the folder holds, and not the folder itself
        inside = parts[-1] is not None or len(names) >= len(parts)
        return inside and len(parts) in reached


def _past_any(parts: list[re.Pattern[str] | None], reached: set[int]) -> set[int]:
    """With the places behind each `**` too, which may stand for no folder at all."""
    return reached | {at + 1 for at in reached if at < len(parts) and parts[at] is None}


def _compiled(part: str) -> re.Pattern[str]:
    """One folder's or file's name. `fnmatch` makes an expression that never goes back."""
    for name, letters in _CLASSES.items():
        part = part.replace(name, letters)
    shell, escaped, in_class = "", False, False
    for at, letter in enumerate(part):
        if escaped:
            shell, escaped = shell + f"[{letter}]", False
        elif letter == "\\" and not in_class:
            escaped = True
        elif letter == "^" and in_class and part[at - 1] == "[":
            shell += "!"
        else:
            in_class = letter == "[" or (in_class and letter != "]")
            shell += letter
    if escaped or in_class:
        raise ValueError("it ends in the middle")
    return re.compile(fnmatch.translate(_ANY.sub("*", shell)))


@dataclass(slots=True)
class _Group:
    """Neighbouring lines that all exclude, or all include again."""

    excludes: bool
    names: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    endings: tuple[str, ...] = ()
    folder_endings: tuple[str, ...] = ()
    name_patterns: list[_Pattern] = field(default_factory=list)
    path_patterns: list[_Pattern] = field(default_factory=list)

    def knows(self, name: str, is_folder: bool) -> bool:
        if name in self.names or name.endswith(self.endings):
            return True
        if is_folder and (name in self.folders or name.endswith(self.folder_endings)):
            return True
        return any(pattern.matches(name, is_folder) for pattern in self.name_patterns)


class GitIgnore:
    """The lines of one `.gitignore`, applied to paths that begin with its folder's own path.

    `cut` is the length of that path with its slash. Where paths begin elsewhere, `seen_from` says
    how to read them.
    """

    def __init__(self, lines: Iterable[str], cut: int) -> None:
        self._cut = cut
        self._above = ""
        self._groups: list[_Group] = []
        for line in lines:
            self._add(line)
        self._groups.reverse()

    def seen_from(self, cut: int, above: str) -> GitIgnore:
        """The same rules for paths whose first `cut` characters stand for the folder `above`."""
        same = GitIgnore((), cut)
        same._above, same._groups = above, self._groups
        return same

    def verdict(self, name: str, path: str, is_folder: bool) -> bool | None:
        """Whether this file leaves `path` out (True), keeps it (False), or says nothing (None)."""
        for group in self._groups:
            if group.knows(name, is_folder):
                return group.excludes
            if group.path_patterns:
                below = self._above + path[self._cut :].replace(os.sep, "/")
                if any(pattern.matches(below, is_folder) for pattern in group.path_patterns):
                    return group.excludes
        return None

    def _add(self, line: str) -> None:
        plain = _PLAIN.fullmatch(line)
        if plain is None:
            self._add_pattern(line)
            return
        negated, star, word, folder_only = plain.groups()
        group = self._group(not negated)
        if star and folder_only:
            group.folder_endings += (word,)
        elif star:
            group.endings += (word,)
        else:
            (group.folders if folder_only else group.names).add(word)

    def _add_pattern(self, line: str) -> None:
        line = re.sub(r"(?<!\\)[ \t\r]+$", "", line)
        if not line.strip("/") or line.startswith("#") or len(line) > _LONGEST_LINE:
            return
        negated = line.startswith("!")
        try:
            pattern = _Pattern(line[negated:])
        except (ValueError, re.error):  # git passes over a line that it cannot read
            return
        group = self._group(not negated)
        (group.path_patterns if pattern.of_paths else group.name_patterns).append(pattern)

    def _group(self, excludes: bool) -> _Group:
        if not self._groups or self._groups[-1].excludes is not excludes:
            self._groups.append(_Group(excludes))
        return self._groups[-1]


def read_gitignore(path: str, cut: int) -> GitIgnore | None:
    """The rules in the file at `path`; None where there is none that can be used."""
    try:
        content = read_limited(path, LARGEST, follow_links=True)
    except (OSError, ValueError):
        return None
    return GitIgnore(content.decode("utf-8-sig", "surrogateescape").split("\n"), cut)


def outer_rules(folder: str, cut: int) -> tuple[GitIgnore, ...]:
    """The rules of the git checkout around `folder` that lie outside it, the innermost first.

    `cut` as for a GitIgnore in `folder`. None where the checkout leaves the folder itself out.
    """
    named = os.path.abspath(folder)
    above: list[str] = []
    top = named
    while not os.path.exists(os.path.join(top, ".git")):
        if os.path.dirname(top) == top:
            return ()
        top = os.path.dirname(top)
        above.append(top)
    wanted = [(os.path.join(place, ".gitignore"), place) for place in above]
    wanted.append((os.path.join(top, ".git", "info", "exclude"), top))
    found = [
        (rules, place)
        for path, place in wanted
        if (rules := read_gitignore(path, len(os.path.join(place, ""))))
    ]
    outer = [rules for rules, _ in found]
    for place in (named, *above[:-1]):
        if is_left_out(outer, os.path.basename(place), place, is_folder=True):
            return ()
    return tuple(
        rules.seen_from(cut, named[len(os.path.join(place, "")) :].replace(os.sep, "/") + "/")
        if place != named
        else rules.seen_from(cut, "")
        for rules, place in found
    )


def is_left_out(rules: Iterable[GitIgnore], name: str, path: str, is_folder: bool) -> bool:
    """The decision of the innermost rules that have one; without any, nothing is left out."""
    for rule in rules:
        decided = rule.verdict(name, path, is_folder)
        if decided is not None:
            return decided
    return False
