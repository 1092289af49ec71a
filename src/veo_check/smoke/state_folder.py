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
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from veo_check.core.clock import Clock
from veo_check.core.frozen import dataclass
from veo_check.core.money import UsageError
from veo_check.core.reading import NotRegularError, read_limited, real_path
from veo_check.evidence.records import Disk, make_folders, write_durably

_INDEX_LIMIT = 512 * 1024 * 1024
_ENTRY = struct.Struct(">62x")
_FLAGS_AT = 60
_EXTENDED = 0x4000
#: Index extensions that keep entries somewhere else, or fold a folder into one entry.
_ELSEWHERE = (b"link", b"sdir")


class CannotTellError(Exception):
    """Neither the index nor git itself told."""


def tracked(folder: Path) -> Path | None:
    """The work tree whose index holds `folder` or something in it; None where none does.

    Raises CannotTellError where a work tree is there and its index cannot be read.
    """
    for tree in (parent for parent in folder.parents if (parent / ".git").exists()):
        wanted = os.fsencode(folder.relative_to(tree).as_posix())
        if _index_holds(tree, wanted):
            return tree
    return None


def _index_holds(tree: Path, wanted: bytes) -> bool:
    try:
        index = _git_folder(tree) / "index"
        if not index.exists():  # a fresh repository: nothing was ever added
            return False
        return _reads(read_limited(index, _INDEX_LIMIT, follow_links=True), wanted)
    except NotRegularError:  # git itself would wait for a pipe as long as we would
        raise CannotTellError(f"the index of the git repository {tree} is no file") from None
    except (OSError, ValueError, struct.error, IndexError):
        return _ask_git(tree, wanted)


def _git_folder(tree: Path) -> Path:
    """`.git`, or the folder that a `.git` file of a linked work tree or submodule names."""
    mark = tree / ".git"
    if mark.is_dir():
        return mark
    first = read_limited(mark, 4096).decode(errors="surrogateescape").splitlines()[0]
    if not first.startswith("gitdir: "):
        raise ValueError("not a git file")
    return tree / first.removeprefix("gitdir: ")


def _reads(index: bytes, wanted: bytes) -> bool:
    """Whether an index of version 2 or 3 has `wanted` or a path below it. Raises ValueError."""
    if hashlib.sha1(index[:-20], usedforsecurity=False).digest() != index[-20:]:
        raise ValueError("damaged, without a checksum, or of a repository with longer hashes")
    mark, version, count = struct.unpack_from(">4sII", index)
    if mark != b"DIRC" or version not in {2, 3}:
        raise ValueError("an index of another version")
    at, found, below = 12, False, wanted + b"/"
    for _ in range(count):
        (flags,) = struct.unpack_from(">H", index, at + _FLAGS_AT)
        start = at + _ENTRY.size + (2 if flags & _EXTENDED else 0)
        end = index.index(b"\0", start)
        path = index[start:end]
        found = found or path == wanted or path.startswith(below)
        at += (end - at + 8) // 8 * 8
    while at + 8 < len(index) - 20:  # extensions, before the closing checksum
        name, size = struct.unpack_from(">4sI", index, at)
        if name in _ELSEWHERE:
            raise ValueError("an index in parts")
        at += 8 + size
    return found


def _ask_git(tree: Path, wanted: bytes) -> bool:
    git = shutil.which("git")
    if git is None:
        raise CannotTellError(f"the index of the git repository {tree} cannot be read")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = [git, "-c", "core.fsmonitor=false", "-C", str(tree), "ls-files", "-z", "--"]
    try:
        done = subprocess.run(  # noqa: S603 - no shell; the path follows `--`, taken literally
            [*command, os.fsdecode(b":(top,literal)" + wanted)],
            capture_output=True,
            env=plain | {"GIT_OPTIONAL_LOCKS": "0"},
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        raise CannotTellError(f"git cannot list what it tracks in {tree}") from None
    return bool(done.stdout)


DEFAULT_NAME = ".veo-check"
_MARK = "# veo-check's record of paid jobs: never commit, share or copy it\n"
_IGNORE = f"{_MARK}*\n"
#: Names that may be in a folder that is not marked yet: of our own making, or a volume's.
_UNREMARKABLE = {"real", "simulated", "lost+found"}
_NOT_CI = {"", "0", "false", "no"}
_OTHER_PLACE = "choose another place with --state DIR"


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The part of a state folder that is either real or simulated. The two never meet."""

    root: Path
    simulated: bool

    @property
    def home(self) -> Path:
        return self.root / ("simulated" if self.simulated else "real")

    def journal_of(self, route: str) -> Path:
        return self.home / "journal" / route_mark(route)

    def proofs_of(self, route: str) -> Path:
        return self.home / "proofs" / route_mark(route)

    def lock_of(self, route: str) -> Path:
        """The file that a run at work on a route holds locked."""
        return self.lock_beside(self.journal_of(route))

    def lock_beside(self, folder: Path) -> Path:
        """The same, of the route whose jobs are in this folder."""
        return self.home / "locks" / f"{folder.name}.lock"


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
    for place in dict.fromkeys((folder.absolute(), real_path(folder))):
        try:
            tree = tracked(place)
        except CannotTellError as error:
            raise UsageError(
                f"{folder}: {error}, so whether it tracks this state folder cannot be told;"
                f" {_OTHER_PLACE} outside the repository"
            ) from None
        if tree is not None:
            raise UsageError(
                f"{folder} is tracked by the git repository {tree}, and a state folder must never"
                f" be committed: `git rm -r --cached` it, or {_OTHER_PLACE}"
            )


def open_state_folder(folder: Path, *, simulated: bool, disk: Disk | None = None) -> StateFolder:
    """Make the state folder, or check an existing one. Raises UsageError, with what to do."""
    disk = disk or Disk()
    refuse_if_tracked(folder)
    place = real_path(folder)
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
            f"{folder} cannot be a state folder ({error.strerror or error}); {_OTHER_PLACE}"
        ) from None
    return StateFolder(place, simulated)


def _claim(place: Path, disk: Disk) -> None:
    """Mark an empty folder as ours; refuse one that holds somebody's files."""
    ignore = place / ".gitignore"
    if ignore.is_symlink():
        raise OSError("its .gitignore is a link")
    if ignore.is_file():
        held = read_limited(ignore, 4096).decode(errors="replace")
        if held == _IGNORE:
            return
        if not held.startswith(_MARK):
            raise OSError("it has a .gitignore that is not veo-check's")
    else:
        strangers = {
            file.name
            for file in place.iterdir()
            if file.name not in _UNREMARKABLE and not file.name.startswith(".tmp-")
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


_PAUSE = 0.5  # seconds between two looks at a lock that another run holds

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import errno
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                return False
            raise  # a file system without locks: better no job than two
        return True


class RouteBusyError(Exception):
    """Another run is at work on the route."""


@contextmanager
def route_lock(
    path: Path, clock: Clock, waiting: Callable[[], None] | None = None, *, wait: bool = True
) -> Iterator[bool]:
    """Hold the route's lock; yields whether another run had to be waited for.

    `waiting` is called once, before the first wait. Raises RouteBusyError where `wait` is off and
    another run holds it, OSError where the file cannot be locked. Closing the file, also by the
    death of the process, frees it.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, flags, 0o600)
    try:
        waited = False
        while not _take(handle):
            if not wait:
                raise RouteBusyError
            if not waited and waiting is not None:
                waiting()
            waited = True
            clock.sleep(_PAUSE)
        yield waited
    finally:
        os.close(handle)
