"""What `.gitignore` files leave out, with git's rules: the last match wins, the inner file first.

Names without a wildcard and `*.ending`, which is nearly every line, are looked up without a regular
expression; the library pathspec translates the rest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import field

from veo_check.core.frozen import dataclass
from veo_check.core.reading import read_limited

#: A `.gitignore` beyond this is not read: a file too many is looked at, not one too few.
LARGEST = 1 << 20
#: A line with more wildcards than this counts as not written: matching a long name by it takes
#: minutes.
MOST_WILDCARDS = 3
_PLAIN = re.compile(r"(!?)(\*?)([\w+@~.-]+)(/?)", re.ASCII)
_WILDCARDS = re.compile(r"\*+")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A line as pathspec translates it. It would also match whatever is below a folder that the
    line names; here a folder that is left out is not entered, so only the path itself counts."""

    regex: re.Pattern[str]

    def matches(self, path: str, is_folder: bool) -> bool:
        if "ps_d" not in self.regex.groupindex:  # such as `folder/**`: not the folder itself
            return self.regex.search(path) is not None
        shown = f"{path}/" if is_folder else path
        match = self.regex.search(shown)
        return match is not None and match.end("ps_d") in (-1, len(shown))


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
        if not line.strip() or line.startswith("#"):
            return
        if len(_WILDCARDS.findall(line)) > MOST_WILDCARDS:
            return
        from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

        try:
            pattern = GitIgnoreSpecPattern(line)
        except ValueError:  # git passes over a line that it cannot read
            return
        if pattern.include is None or pattern.regex is None:
            return
        group = self._group(pattern.include)
        of_paths = "/" in line.strip().removesuffix("/")
        patterns = group.path_patterns if of_paths else group.name_patterns
        patterns.append(_Pattern(pattern.regex))

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
    return GitIgnore(content.decode("utf-8-sig", "surrogateescape").splitlines(), cut)


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
