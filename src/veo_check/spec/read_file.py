"""Files that people write, read with limits: regular files, not huge, UTF-8, one YAML document."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from veo_check.spec.problem import WHOLE_FILE, Problem
from veo_check.spec.yaml_text import Document, read_yaml

MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file's YAML, and `sha256:…` of its bytes. Without data the document names the problems."""

    document: Document
    digest: str | None


def read_file(path: Path, kind: str, shown: str | None = None) -> ReadFile:
    """Read `path`. `kind` is what it should be, for messages; `shown` what problems call it."""
    file = shown or str(path)
    try:
        # looked at before opening, since opening a pipe would wait for a writer
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return _unreadable(file, f"is a folder that holds no {kind}")
        if not stat.S_ISREG(mode):
            return _unreadable(file, f"is not a regular file, so not a {kind}")
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return _unreadable(file, "there is no such file")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "bad name"
        return _unreadable(file, f"cannot be read: {reason}")
    if len(content) > MAX_BYTES:
        return _unreadable(file, f"is larger than {MAX_BYTES // 1024} KiB, so not a {kind}")
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return ReadFile(_refused(file, line, "is not UTF-8 text; save it as UTF-8"), digest)
    document = read_yaml(file, text)
    if document.data is None and not document.problems:
        document.problems += _refused(
            file, 1, f"is empty; a {kind} begins with version: 1"
        ).problems
    return ReadFile(document, digest)


def _unreadable(file: str, message: str) -> ReadFile:
    return ReadFile(_refused(file, 1, message), None)


def _refused(file: str, line: int, message: str) -> Document:
    return Document(file, problems=[Problem(file, line, 1, WHOLE_FILE, message)])
