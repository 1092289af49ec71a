"""The state folder: where it is, that git never sees it, that nobody else reads it.

    <state>/.gitignore                          says `*`, and marks the folder as ours
    <state>/{real,simulated}/journal/<route>/   one file a paid job
    <state>/{real,simulated}/proofs/<route>/    one file a sealed result
    <state>/{real,simulated}/locks/             one file a route

`<route>` is a hash of the route's name, so that any name makes a file name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from veo_check.core.errors import UsageError
from veo_check.evidence.durable import Disk, make_folders, write_durably
from veo_check.smoke.git_tracking import CannotTellError, tracked

DEFAULT_NAME = ".veo-check"
_MARK = "# veo-check's record of paid jobs: never commit, share or copy it\n"
_IGNORE = f"{_MARK}*\n"
#: Names that may be in a folder that is not marked yet: of our own making, or a volume's.
_UNREMARKABLE = {"real", "simulated", "lost+found"}
_NOT_CI = {"", "0", "false", "no"}
_ELSEWHERE = "choose another place with --state DIR"


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The part of a state folder that is either real or simulated. The two never meet."""

    root: Path
    simulated: bool

    @property
    def home(self) -> Path:
        """Where this half keeps its files."""
        return self.root / ("simulated" if self.simulated else "real")

    def journal_of(self, route: str) -> Path:
        """The folder of a route's jobs."""
        return self.home / "journal" / route_mark(route)

    def proofs_of(self, route: str) -> Path:
        """The folder of a route's sealed results."""
        return self.home / "proofs" / route_mark(route)

    def lock_of(self, route: str) -> Path:
        """The file that a run at work on a route holds locked."""
        return self.home / "locks" / f"{route_mark(route)}.lock"


def route_mark(route: str) -> str:
    """The file name of a route: depends on its name alone, not on its file's path or content."""
    return hashlib.sha256(route.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def state_folder(
    route_file: Path, option: Path | None, environ: Mapping[str, str], *, spend: bool
) -> Path:
    """Where the paid jobs of a route file are recorded: `--state`, or beside the file.

    Raises UsageError where money is to be spent on a CI machine that would forget the record.
    """
    if option is not None:
        return option.absolute()
    if spend and environ.get("CI", "").strip().lower() not in _NOT_CI:
        raise UsageError(
            "CI is set, and --spend without --state would keep the record of paid jobs on a machine"
            " that is thrown away: name storage that outlives the runner and has one writer with"
            " --state DIR (a cache saved at the end of a job is not enough)"
        )
    return route_file.absolute().parent / DEFAULT_NAME


def refuse_if_tracked(folder: Path) -> None:
    """Raise UsageError where git tracks `folder` or a file in it, or where that cannot be told."""
    for place in dict.fromkeys((folder.absolute(), folder.resolve())):
        try:
            tree = tracked(place)
        except CannotTellError as error:
            raise UsageError(
                f"{folder}: {error}, so whether it tracks this state folder cannot be told;"
                f" {_ELSEWHERE} outside the repository"
            ) from None
        if tree is not None:
            raise UsageError(
                f"{folder} is tracked by the git repository {tree}, and a state folder must never"
                f" be committed: `git rm -r --cached` it, or {_ELSEWHERE}"
            )


def open_state_folder(folder: Path, *, simulated: bool, disk: Disk | None = None) -> StateFolder:
    """Make the state folder, or check an existing one. Raises UsageError, with what to do."""
    disk = disk or Disk()
    refuse_if_tracked(folder)
    place = folder.resolve()
    try:
        if not place.is_dir():
            make_folders(place, disk)
        _claim(place, disk)
        _make_private(place)
        for part in ("journal", "proofs", "locks"):
            below = place / ("simulated" if simulated else "real") / part
            if not below.is_dir():
                make_folders(below, disk)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be a state folder ({error.strerror or error}); {_ELSEWHERE}"
        ) from None
    return StateFolder(place, simulated)


def _claim(place: Path, disk: Disk) -> None:
    """Mark an empty folder as ours; refuse one that holds somebody's files."""
    ignore = place / ".gitignore"
    if ignore.is_symlink():
        raise OSError("its .gitignore is a link")
    if ignore.is_file():
        held = ignore.read_text(errors="replace")
        if held == _IGNORE:
            return
        if not held.startswith(_MARK):
            raise OSError("it has a .gitignore that is not veo-check's")
    else:
        strangers = {
            one.name
            for one in place.iterdir()
            if one.name not in _UNREMARKABLE and not one.name.startswith(".tmp-")
        }
        if strangers:
            raise OSError("it holds other files")
    write_durably(ignore, _IGNORE.encode(), disk)


def _make_private(place: Path) -> None:
    """Take everybody else's permissions away. Windows keeps them elsewhere."""
    if os.name == "nt" or not place.stat().st_mode & 0o077:
        return
    place.chmod(0o700)
    if place.stat().st_mode & 0o077:
        raise OSError("other users can read it, and that cannot be changed")
