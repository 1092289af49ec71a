"""Files that survive a kill and a power cut: written beside, synced, renamed, the folder synced.

Every step is one method of `Disk`, so that a test can let the process die before any of them.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

#: Left behind by a process that died between writing and renaming; never read.
TEMPORARY = ".tmp-"

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
#: A link in place of the file must not lead the reader or the writer somewhere else.
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class NotRegularError(OSError):
    """What should be a plain file is something else: a link, a folder, a device."""


class Disk:
    """The operating system's file calls, one a method."""

    def make_folder(self, folder: Path) -> None:
        """Make one folder that only its owner can read."""
        folder.mkdir(mode=_PRIVATE_FOLDER)

    def write_new(self, path: Path, content: bytes) -> int:
        """Write a file that must not exist yet; the open file, not yet synced."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS | _BINARY
        handle = os.open(path, flags, _PRIVATE_FILE)
        written = 0
        while written < len(content):
            written += os.write(handle, content[written:])
        return handle

    def sync(self, handle: int) -> None:
        """Wait until an open file's bytes are on the disk."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """Close an open file."""
        os.close(handle)

    def rename(self, old: Path, new: Path) -> None:
        """Put `old` in the place of `new`, in one step."""
        os.replace(old, new)

    def sync_folder(self, folder: Path) -> None:
        """Wait until the names in a folder are on the disk. Windows has no such call."""
        if os.name == "nt":
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def make_folders(folder: Path, disk: Disk) -> None:
    """Make `folder` and what is missing above it, private, each name synced. Raises OSError."""
    missing = [folder]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for one in reversed(missing):
        try:
            disk.make_folder(one)
        except FileExistsError:
            if not one.is_dir():
                raise
        disk.sync_folder(one.parent)


def write_durably(path: Path, content: bytes, disk: Disk) -> None:
    """Replace `path` by `content`: afterwards it holds the new bytes, or still the old ones.

    When this returns, the bytes and the name are on the disk. Raises OSError.
    """
    beside = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    handle = disk.write_new(beside, content)
    try:
        disk.sync(handle)
    finally:
        disk.close(handle)
    disk.rename(beside, path)
    disk.sync_folder(path.parent)


def read_limited(path: Path, limit: int) -> bytes:
    """The bytes of a plain file of at most `limit` bytes.

    Raises OSError, NotRegularError for links and devices (a pipe would never end), and ValueError
    for a longer file.
    """
    flags = os.O_RDONLY | _NO_LINKS | _BINARY | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise NotRegularError(f"{path.name} is not a plain file")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"{path.name} is larger than {limit} bytes")
    return content
