"""Whether git tracks anything in a folder, told from git's own index file.

A journal in a commit would hand operation ids and the spending of a team to everyone, and a
checkout would bring back a stale one. The index is read here because starting git in a folder runs
what that folder's configuration names, and because containers often refuse to run it at all
("dubious ownership").
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import subprocess
from pathlib import Path

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
    for tree in (one for one in folder.parents if (one / ".git").exists()):
        wanted = os.fsencode(folder.relative_to(tree).as_posix())
        if _index_holds(tree, wanted):
            return tree
    return None


def _index_holds(tree: Path, wanted: bytes) -> bool:
    try:
        index = _git_folder(tree) / "index"
        if not index.exists():  # a fresh repository: nothing was ever added
            return False
        if index.stat().st_size > _INDEX_LIMIT:
            raise ValueError("too large")
        return _reads(index.read_bytes(), wanted)
    except (OSError, ValueError, struct.error, IndexError):
        return _ask_git(tree, wanted)


def _git_folder(tree: Path) -> Path:
    """`.git`, or the folder that a `.git` file of a linked work tree or submodule names."""
    mark = tree / ".git"
    if mark.is_dir():
        return mark
    first = mark.read_bytes()[:4096].decode(errors="surrogateescape").splitlines()[0]
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
