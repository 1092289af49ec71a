"""What was delivered, read from the bytes and from nothing else.

Problem words (stable): `empty`, `not-media` (HTML, JSON, XML, text or unknown bytes), `unread`
(WebM: known by its first bytes only), `no-movie` (no index of samples), `malformed`,
`truncated`, `too-complex` (limits reached), `tables-disagree`, `no-video-track`,
`no-video-samples`, `audio-track-empty`, `samples-elsewhere` (not in an `mdat` box),
`samples-overlap`, `too-small` (fewer bytes than any picture takes), `no-codec-setup` (a known
codec without its configuration), `unknown-codec`.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import re
import stat
import sys
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from veo_check.core.jobs import FIRST_BOXES
from veo_check.core.money import plain
from veo_check.core.results import MediaFacts
from veo_check.smoke.mp4 import CODECS, Box, BoxFile, MediaError, Track, read_tracks

#: The largest delivery taken: eight seconds of 4k are about a tenth of it.
MOST_BYTES = 512 * 1024 * 1024
_HEAD = 4096
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]+")
#: Bytes a frame below which a stream is no picture: a frame that only repeats the last one takes
#: some twenty, and each clip has others.
_LEAST_OF_FRAME = 8


class TooLargeError(Exception):
    """A delivery of more bytes than the cap; what was written of it is gone."""


class Receiver:
    """Takes a delivery as it arrives. Used by `receiving`."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most = file, most
        self.size = 0

    def write(self, chunk: bytes) -> None:
        """The next bytes. Raises TooLargeError, OSError."""
        self.size += len(chunk)
        if self.size > self._most:
            raise TooLargeError(f"more than {self._most} bytes")
        self._file.write(chunk)


@contextmanager
def receiving(path: Path, most: int = MOST_BYTES) -> Iterator[Receiver]:
    """Receive a delivery into `path` (private; it must not exist). Raises TooLargeError, OSError.

    Whatever goes wrong, and whatever stops it, no half of a file is left behind.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        try:
            yield Receiver(file, most)
        except BaseException:  # also Ctrl-C
            path.unlink(missing_ok=True)
            raise


def inspect(path: Path) -> MediaFacts:
    """The facts of a file. Never raises for its content; OSError where it cannot be read."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path.name} is not a plain file")
        facts = _sniff(file.read(_HEAD), status.st_size, _digest(file))
        if facts.container not in {"mp4", "quicktime"}:
            return facts
        return _movie(BoxFile(file, status.st_size), facts)


def _digest(file: io.BufferedReader) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _sniff(head: bytes, size: int, sha256: str) -> MediaFacts:
    container, problems = _container(head)
    brand = None
    if head[4:8] == b"ftyp":
        brand = head[8:12].decode("ascii", "replace").strip()
    return MediaFacts(container, size, sha256, brand, problems=problems)


def _container(head: bytes) -> tuple[str, tuple[str, ...]]:
    if not head:
        return "empty", ("empty",)
    if len(head) >= 8 and head[4:8] in FIRST_BOXES:
        quicktime = head[4:8] != b"ftyp" or head[8:12] == b"qt  "
        return ("quicktime" if quicktime else "mp4"), ()
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return ("matroska" if b"matroska" in head[:64] else "webm"), ("unread",)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "html", ("not-media",)
    if text.startswith((b"{", b"[")):
        return "json", ("not-media",)
    if text.startswith(b"<"):
        return ("html" if b"<html" in text else "xml"), ("not-media",)
    return ("text" if _TEXT.fullmatch(head) else "unknown"), ("not-media",)


def _movie(file: BoxFile, facts: MediaFacts) -> MediaFacts:
    moov: Box | None = None
    moofs: list[Box] = []
    held: list[Box] = []
    try:
        problems: list[str] = []
        for box in file.inside(file.whole()):
            if box.cut:
                problems.append("truncated")
                if box.kind in {b"moov", b"moof"}:
                    break
            if box.kind == b"moov" and moov is None:
                moov = box
            elif box.kind == b"moof":
                moofs.append(box)
            elif box.kind == b"mdat":
                held.append(box)
        if moov is None:
            problems.append("no-movie")
            return replace(
                facts,
                complete=False if "truncated" in problems else None,
                problems=tuple(problems),
            )
        return _judge(file, facts, read_tracks(file, moov, moofs), held, problems)
    except MediaError as error:
        return replace(
            facts,
            complete=False if error.word == "truncated" else None,
            problems=(error.word,),
        )


def _judge(
    file: BoxFile, facts: MediaFacts, tracks: list[Track], held: list[Box], problems: list[str]
) -> MediaFacts:
    videos = [track for track in tracks if track.is_video]
    sounds = [track for track in tracks if track.is_audio]
    video = next((track for track in videos if track.samples), videos[0] if videos else None)
    if any(end > file.size for track in tracks for _, end in track.spans):
        problems.append("truncated")
    if not all(track.agree for track in tracks):
        problems.append("tables-disagree")
    if sounds and not any(sound.samples for sound in sounds):
        problems.append("audio-track-empty")
    if video is None:
        problems.append("no-video-track")
    elif not video.samples:
        problems.append("no-video-samples")
    if "truncated" not in problems:
        problems += _misplaced(tracks, held)
    problems += _unplayable([track for track in (*videos, *sounds) if track.samples])
    words = tuple(dict.fromkeys(problems))
    found = replace(
        facts,
        audio=any(sound.samples for sound in sounds),
        codecs=tuple(dict.fromkeys(_codec(track) for track in (*videos, *sounds) if track.codec)),
        complete=_complete(tracks, words),
        problems=words,
    )
    if video is None:
        return found
    turned = (video.height, video.width) if video.turned else (video.width, video.height)
    timed = video.timescale > 0 and video.ticks > 0 and video.agree
    return replace(
        found,
        width=turned[0] or None,
        height=turned[1] or None,
        frames=video.samples,
        seconds=_exact(video.ticks, video.timescale, "0.000001") if timed else None,
        frame_rate=(
            _exact(video.samples * video.timescale, video.ticks, "0.001") if timed else None
        ),
    )


def _misplaced(tracks: list[Track], held: list[Box]) -> Iterator[str]:
    """Samples that are not media: outside of every `mdat`, or the same bytes twice."""
    spans = sorted(span for track in tracks for span in track.spans if span[0] < span[1])
    boxes = sorted((box.start, box.end) for box in held)
    for start, end in spans:
        at = bisect_right(boxes, (start, sys.maxsize)) - 1
        if at < 0 or end > boxes[at][1]:
            yield "samples-elsewhere"
            break
    if any(after[0] < before[1] for before, after in itertools.pairwise(spans)):
        yield "samples-overlap"


def _unplayable(tracks: list[Track]) -> Iterator[str]:
    """What keeps a player from showing tracks that have samples."""
    for track in tracks:
        least = track.samples * _LEAST_OF_FRAME if track.is_video else 1
        if track.agree and track.bytes < least:
            yield "too-small"
        if track.codec not in CODECS:
            yield "unknown-codec"
        elif not track.configured:
            yield "no-codec-setup"


def _codec(track: Track) -> str:
    return track.codec.decode("ascii", "replace")


def _complete(tracks: list[Track], problems: tuple[str, ...]) -> bool | None:
    """Whether every sample is in the file; None where there is none, or none can be found."""
    if "truncated" in problems:
        return False
    known = "tables-disagree" not in problems and any(track.samples for track in tracks)
    return True if known else None


def _exact(over: int, under: int, step: str) -> Decimal:
    return Decimal(plain((Decimal(over) / Decimal(under)).quantize(Decimal(step))))
