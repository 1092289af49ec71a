"""The manifest of an evidence bundle: the SHA-256 of every file, and reading only what agrees.

A bundle may come from anybody. Names in a manifest cannot leave its folder, links are not followed,
and nothing is read beyond fixed sizes. Hashes show that nothing changed since the manifest was
written; they cannot show who wrote it.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from veo_check.evidence.durable import NotRegularError, read_limited
from veo_check.evidence.records import UnreadableRecordError, from_text, to_text

MANIFEST = "manifest.json"
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){0,5}")
_MOST_FILES = 20_000
_LARGEST_MANIFEST = 8 * 1024 * 1024
_LARGEST_FILE = 64 * 1024 * 1024
_LARGEST_BUNDLE = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileSeal:
    """What one file has to be."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every file of a bundle but this one."""

    format: Literal["veo-check evidence 1"]
    tool_version: str
    files: Mapping[str, FileSeal]


class NotABundleError(ValueError):
    """What was named is not an evidence bundle. Says why."""


@dataclass(frozen=True, slots=True)
class Altered:
    """A file of a bundle that is not what the manifest says."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Read:
    """A bundle's files by name, as far as they are what the manifest says, and the others."""

    manifest: Manifest
    files: Mapping[str, bytes]
    altered: tuple[Altered, ...]


def manifest_of(files: Mapping[str, bytes], tool_version: str) -> bytes:
    """The manifest's text for these files. Raises ValueError for a name it may not hold."""
    for name in files:
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise ValueError(f"{name!r} cannot be the name of a file in a bundle")
    seals = {name: FileSeal(_digest(content), len(content)) for name, content in files.items()}
    return to_text(Manifest("veo-check evidence 1", tool_version, seals)).encode()


def read_files(folder: Path) -> Read:
    """Every file of the bundle in `folder`, hashes checked. Raises NotABundleError."""
    manifest = _manifest(folder)
    files: dict[str, bytes] = {}
    altered: list[Altered] = []
    for name, seal in manifest.files.items():
        content = _content(folder, name, seal)
        if isinstance(content, Altered):
            altered.append(content)
        else:
            files[name] = content
    altered += [Altered(name, "is not in the manifest") for name in _beside(folder, manifest.files)]
    return Read(manifest, files, tuple(altered))


def _manifest(folder: Path) -> Manifest:
    if not folder.is_dir():
        raise NotABundleError(f"{folder}: is not a folder")
    try:
        text = read_limited(folder / MANIFEST, _LARGEST_MANIFEST).decode()
        manifest = from_text(Manifest, text)
    except FileNotFoundError:
        raise NotABundleError(f"{folder}: holds no {MANIFEST}") from None
    except UnreadableRecordError as error:
        raise NotABundleError(
            f"{folder / MANIFEST}: is not as veo-check wrote it: {error}"
        ) from None
    except OSError as error:
        raise NotABundleError(f"{folder / MANIFEST}: cannot be read: {_why(error)}") from None
    except ValueError:
        raise NotABundleError(f"{folder / MANIFEST}: is not a manifest") from None
    if len(manifest.files) > _MOST_FILES:
        raise NotABundleError(f"{folder / MANIFEST}: names more than {_MOST_FILES} files")
    for name, seal in manifest.files.items():
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise NotABundleError(f"{folder / MANIFEST}: {name[:100]!r} is not the name of a file")
        if not 0 <= seal.size <= _LARGEST_FILE:
            raise NotABundleError(f"{folder / MANIFEST}: {name} cannot have {seal.size} bytes")
    if sum(seal.size for seal in manifest.files.values()) > _LARGEST_BUNDLE:
        raise NotABundleError(f"{folder / MANIFEST}: the files are too large together")
    return manifest


def _content(folder: Path, name: str, seal: FileSeal) -> bytes | Altered:
    path = folder / name
    try:
        for above in list(path.relative_to(folder).parents)[:-1]:
            if not stat.S_ISDIR(os.lstat(folder / above).st_mode):
                return Altered(name, f"is behind {above}, which is not a folder")
        content = read_limited(path, seal.size)
    except FileNotFoundError:
        return Altered(name, "is missing")
    except NotRegularError:
        return Altered(name, "is not a plain file")
    except OSError as error:
        return Altered(name, f"cannot be read: {_why(error)}")
    except ValueError:
        return Altered(name, f"is longer than {seal.size} bytes")
    if len(content) != seal.size or _digest(content) != seal.sha256:
        return Altered(name, "is not what the manifest says: its hash differs")
    return content


def _beside(folder: Path, known: Mapping[str, FileSeal]) -> Iterator[str]:
    """What lies in the folder and is not in the manifest; folders without files do not matter."""
    count = 0
    for above, below, names in os.walk(folder):  # does not follow links
        links = [name for name in below if (Path(above) / name).is_symlink()]
        for name in [*names, *links]:
            count += 1
            inside = (Path(above) / name).relative_to(folder).as_posix()
            if inside != MANIFEST and inside not in known:
                yield inside
            if count > 2 * _MOST_FILES:
                return


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
