"""The MP4 that a simulated job delivers: playable, and exactly what was asked."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_clock import calls_in
from veo_check.sandbox.media import level_of, mp4

SHAPES = [
    (4, 1280, 720, True),
    (6, 720, 1280, True),
    (8, 1920, 1080, True),
    (8, 1080, 1920, False),
    (8, 3840, 2160, True),
    (8, 2160, 3840, False),
    (4, 640, 360, True),
]
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def boxes(data: bytes, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Every box with its path; containers also yield what they hold."""
    at = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        assert 8 <= size <= len(data) - at
        body, name = data[at + 8 : at + size], f"{path}/{kind.decode()}"
        yield name, body
        if kind in _CONTAINERS:
            yield from boxes(body, name)
        at += size


def words(body: bytes, start: int, count: int) -> tuple[int, ...]:
    return struct.unpack(f">{count}I", body[start : start + 4 * count])


@pytest.mark.parametrize(("seconds", "width", "height", "audio"), SHAPES)
def test_every_box_is_whole_and_says_what_was_asked(
    seconds: int, width: int, height: int, audio: bool
) -> None:
    found = list(boxes(mp4(seconds, width, height, audio)))
    names = [name for name, _ in found]
    assert [name for name in names if name.count("/") == 1] == ["/ftyp", "/moov", "/mdat"]
    handlers = [body[8:12] for name, body in found if name.endswith("/hdlr")]
    assert handlers == ([b"vide", b"soun"] if audio else [b"vide"])
    durations = [words(body, 12, 2) for name, body in found if name.endswith("/mdhd")]
    assert [length / scale for scale, length in durations] == [seconds] * len(handlers)
    (entry, *_) = [body for name, body in found if name.endswith("/stsd")]
    assert entry[12:16] == b"avc1"
    assert struct.unpack(">HH", entry[40:44]) == (width, height)
    counts = [words(body, 8, 1)[0] for name, body in found if name.endswith("/stsz")]
    assert counts[0] == seconds * 24


@pytest.mark.parametrize(("seconds", "width", "height", "audio"), SHAPES)
def test_the_index_points_at_the_samples(
    seconds: int, width: int, height: int, audio: bool
) -> None:
    data = mp4(seconds, width, height, audio)
    found = list(boxes(data))
    chunks = [words(body, 8, 1)[0] for name, body in found if name.endswith("/stco")]
    tables = [body for name, body in found if name.endswith("/stsz")]
    sizes = [words(body, 12, words(body, 8, 1)[0]) for body in tables]
    for start, lengths in zip(chunks, sizes, strict=True):
        assert start + sum(lengths) <= len(data)
    video = data[chunks[0] : chunks[0] + sum(sizes[0])]
    kinds, at = [], 0
    for size in sizes[0]:
        assert struct.unpack(">I", video[at : at + 4])[0] == size - 4
        kinds.append(video[at + 4] & 31)
        assert b"\0\0\1" not in video[at + 4 : at + size]
        at += size
    assert kinds == [5] + [1] * (seconds * 24 - 1)


def test_four_k_is_small_and_no_more_work_than_any_size() -> None:
    work = []
    for size in ((640, 360), (3840, 2160)):
        mp4.cache_clear()
        work.append(calls_in(lambda size=size: mp4(8, *size)))  # type: ignore[misc]
    assert work[1] < 2 * work[0]
    assert len(mp4(8, 3840, 2160)) < 50_000


def test_levels_follow_size() -> None:
    sizes = [(640, 360), (1280, 720), (1920, 1080), (3840, 2160), (2160, 3840)]
    assert [level_of(*size) for size in sizes] == [30, 31, 40, 51, 51]
    with pytest.raises(ValueError, match="larger than 4k"):
        level_of(7680, 4320)


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize(("seconds", "width", "height", "audio"), SHAPES)
def test_ffmpeg_plays_it_without_a_complaint(
    tmp_path: Path, seconds: int, width: int, height: int, audio: bool
) -> None:
    file = tmp_path / "clip.mp4"
    file.write_bytes(mp4(seconds, width, height, audio))
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json"]
    probed = subprocess.run([*command, str(file)], capture_output=True, check=True)
    video, *sound = json.loads(probed.stdout)["streams"]
    assert probed.stderr == b""
    assert {
        "codec": video["codec_name"],
        "size": (video["width"], video["height"]),
        "rate": video["avg_frame_rate"],
        "frames": video["nb_read_frames"],
        "seconds": float(video["duration"]),
        "pixels": video["pix_fmt"],
    } == {
        "codec": "h264",
        "size": (width, height),
        "rate": "24/1",
        "frames": str(seconds * 24),
        "seconds": float(seconds),
        "pixels": "yuv420p",
    }
    assert [(one["codec_name"], one["profile"], float(one["duration"])) for one in sound] == (
        [("aac", "LC", float(seconds))] if audio else []
    )
    played = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(file), "-f", "null", "-"],
        capture_output=True,
        check=True,
    )
    assert played.stderr == b""
