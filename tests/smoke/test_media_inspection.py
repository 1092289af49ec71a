"""Media inspection: the same answers as ffprobe on real files, and an answer for any bytes."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fake_clock import calls_in
from tiny_mp4 import FTYP, box, fragmented, movie, second, track, words
from veo_check.core.results import MediaFacts
from veo_check.smoke.media import TooLargeError, inspect, receiving

FFMPEG = shutil.which("ffmpeg") and shutil.which("ffprobe")
needs_ffmpeg = pytest.mark.skipif(not FFMPEG, reason="ffmpeg and ffprobe are not installed")

#: name -> ffmpeg's arguments between the pictures and the file
CLIPS = {
    "plain.mp4": "-r 24 -s 320x180 -c:v mpeg4 -c:a aac",
    "front.mp4": "-r 24 -s 320x180 -c:v mpeg4 -c:a aac -movflags +faststart",
    "silent.mp4": "-r 24 -s 320x180 -c:v mpeg4 -an",
    "sound-only.mp4": "-vn -c:a aac",
    "fragmented.mp4": "-r 24 -s 320x180 -c:v mpeg4 -c:a aac -movflags frag_keyframe+empty_moov",
    "moof-based.mp4": "-r 24 -g 6 -s 320x180 -c:v mpeg4 -c:a aac"
    " -movflags frag_keyframe+empty_moov+default_base_moof",
    "separate.mp4": "-r 24 -g 6 -s 320x180 -c:v mpeg4 -c:a aac"
    " -movflags frag_keyframe+empty_moov+separate_moof+omit_tfhd_offset",
    "ntsc.mp4": "-r 30000/1001 -s 320x180 -c:v mpeg4 -c:a aac",
    "upright.mp4": "-r 25 -s 180x320 -c:v mpeg4 -c:a aac",
    "movie.mov": "-r 24 -s 320x180 -c:v mpeg4 -c:a aac",
    "large.mp4": "-r 24 -s 1920x1080 -c:v mpeg4 -t 0.1 -an",
}


@functools.cache
def clip(name: str) -> bytes:
    source = ["-f", "lavfi", "-i", "testsrc=d=1:r=24", "-f", "lavfi", "-i", "sine=d=1"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        command = ["ffmpeg", "-v", "error", *source, *CLIPS[name].split(), str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return path.read_bytes()


def probe(path: Path) -> MediaFacts:
    """The same facts in ffprobe's words."""
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-count_packets"]
    done = subprocess.run([*command, "-of", "json", str(path)], check=True, capture_output=True)
    told = json.loads(done.stdout)
    content = path.read_bytes()
    video = next((one for one in told["streams"] if one["codec_type"] == "video"), None)
    facts = MediaFacts(
        "quicktime" if path.suffix == ".mov" else "mp4",
        len(content),
        sha256(content).hexdigest(),
        told["format"]["tags"]["major_brand"].strip(),
        audio=any(one["codec_type"] == "audio" for one in told["streams"]),
        complete=True,
        codecs=tuple(
            stream["codec_tag_string"]
            for kind in ("video", "audio")
            for stream in told["streams"]
            if stream["codec_type"] == kind
        ),
        # ffmpeg's own encoder makes MPEG-4 part 2, which no model delivers
        problems=("unknown-codec",) if video is not None else (),
    )
    if video is None:
        return replace(facts, problems=("no-video-track",))
    rate = Fraction(video["avg_frame_rate"])
    return replace(
        facts,
        width=video["width"],
        height=video["height"],
        frames=int(video["nb_read_packets"]),
        seconds=round(Decimal(video["duration"]), 6).normalize(),
        frame_rate=round(Decimal(rate.numerator) / rate.denominator, 3).normalize(),
    )


@needs_ffmpeg
@pytest.mark.parametrize("name", CLIPS)
def test_agrees_with_ffprobe(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(clip(name))
    ours, theirs = inspect(path), probe(path)
    if theirs.seconds is not None:  # ffprobe counts a fragmented track's edits in its own way
        assert ours.seconds is not None
        assert abs(ours.seconds - theirs.seconds) <= Decimal("0.05")
        assert ours.frame_rate is not None
        assert theirs.frame_rate is not None
        assert abs(ours.frame_rate - theirs.frame_rate) <= Decimal("1.2")
        if "moov" not in name and "fragmented" not in name and "separate" not in name:
            assert (ours.seconds, ours.frame_rate) == (theirs.seconds, theirs.frame_rate)
        theirs = replace(theirs, seconds=ours.seconds, frame_rate=ours.frame_rate)
    assert ours == theirs


@needs_ffmpeg
@pytest.mark.parametrize("name", ["plain.mp4", "front.mp4", "fragmented.mp4", "movie.mov"])
def test_cut_short_is_never_complete(name: str, tmp_path: Path) -> None:
    content = clip(name)
    path = tmp_path / name
    for percent in range(1, 100, 3):
        path.write_bytes(content[: len(content) * percent // 100])
        facts = inspect(path)
        assert facts.complete is not True, percent
        assert facts.problems, percent


@needs_ffmpeg
def test_cut_short_by_one_byte_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(clip("front.mp4")[:-1])  # the samples are at the end
    facts = inspect(path)
    assert (facts.complete, facts.problems) == (False, ("truncated",))
    assert (facts.width, facts.seconds) == (320, Decimal(1))
    path.write_bytes(clip("plain.mp4")[:-1])  # the index is at the end
    assert inspect(path).problems == ("truncated", "no-movie")


def look(content: bytes, folder: Path) -> MediaFacts:
    path = folder / "delivered"
    path.write_bytes(content)
    return inspect(path)


def test_a_handmade_clip(tmp_path: Path) -> None:
    facts = look(movie(track()), tmp_path)
    assert facts == MediaFacts(
        "mp4", facts.size, facts.sha256, "isom", Decimal(1), 1280, 720, Decimal(24), 24,
        audio=False, complete=True, codecs=("avc1",),
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        movie(track(version=1)),
        fragmented(),
        movie(track(), second(track(b"soun"))),
        movie(track(codec=b"hev1", setup=box(b"hvcC", bytes([1] * 30)))),
        movie(track(), second(track(b"soun", setup=box(b"wave", box(b"esds", b"1234"))))),
    ],
    ids=["64-bit times", "fragments", "sound", "another codec", "a sound as QuickTime has it"],
)
def test_a_whole_clip_of_any_layout(content: bytes, tmp_path: Path) -> None:
    facts = look(content, tmp_path)
    assert (facts.complete, facts.problems) == (True, ())
    assert (facts.seconds, facts.frames, facts.width) == (Decimal(1), 24, 1280)


def test_a_turned_picture_is_measured_as_shown(tmp_path: Path) -> None:
    level, quarter = words(0x10000, 0, 0, 0, 0x10000), words(0, 0x10000, 0, -0x10000, 0)
    facts = look(movie(track().replace(level, quarter, 1)), tmp_path)
    assert (facts.width, facts.height) == (720, 1280)


def test_two_tracks_need_two_ids(tmp_path: Path) -> None:
    sound = second(track(b"soun"))
    facts = look(movie(track(), sound), tmp_path)
    assert (facts.audio, facts.frames, facts.problems) == (True, 24, ())


@pytest.mark.parametrize(
    ("content", "container", "problems"),
    [
        (b"", "empty", ("empty",)),
        (b"<!DOCTYPE html><p>Sorry", "html", ("not-media",)),
        (b"\xef\xbb\xbf\n <HTML>", "html", ("not-media",)),
        (b"<?xml version='1.0'?><Error>", "xml", ("not-media",)),
        (b'{"error":{"code":502}}', "json", ("not-media",)),
        (b" [1]", "json", ("not-media",)),
        (b"Bad Gateway\n", "text", ("not-media",)),
        (bytes(100), "unknown", ("not-media",)),
        (b"\x1a\x45\xdf\xa3" + b"\x42\x82\x84webm", "webm", ("unread",)),
        (b"\x1a\x45\xdf\xa3" + b"\x42\x82\x88matroska", "matroska", ("unread",)),
        (FTYP, "mp4", ("no-movie",)),
        (FTYP + b"\0\0\0", "mp4", ("no-movie",)),
        (box(b"ftyp", b"qt  "), "quicktime", ("no-movie",)),
        (box(b"wide"), "quicktime", ("no-movie",)),
        (FTYP + box(b"moov"), "mp4", ("no-video-track",)),
        (FTYP + words(7) + b"free", "mp4", ("malformed",)),
        (FTYP + words(1) + b"free", "mp4", ("truncated",)),
        (FTYP + words(1) + b"free" + words(0, 15), "mp4", ("malformed",)),
        (FTYP + words(1) + b"mdat" + words(2**31, 0), "mp4", ("truncated", "no-movie")),
        (FTYP + words(100) + b"mdat", "mp4", ("truncated", "no-movie")),
        (FTYP + words(0) + b"mdat" + bytes(50), "mp4", ("no-movie",)),
        (FTYP + words(100) + b"moov", "mp4", ("truncated", "no-movie")),
        (FTYP + box(b"moov", words(100) + b"trak"), "mp4", ("malformed",)),
        (FTYP + box(b"moov", box(b"trak")), "mp4", ("malformed",)),
        (FTYP + box(b"free") * 20_001, "mp4", ("too-complex",)),
        (movie(track(b"meta")), "mp4", ("no-video-track",)),
        (movie(track(sizes=words(0, 1000, 24))), "mp4", ("truncated",)),
        (movie(track(sizes=words(0, 10, 25))), "mp4", ("tables-disagree",)),
        (movie(track(sizes=words(0, 0, 2**32 - 1))), "mp4", ("too-complex",)),
        (movie(track(sizes=words(0, 0, 24))), "mp4", ("malformed",)),
        (FTYP + box(b"moov", track(chunks=words(0, 1, 100))), "mp4", ("samples-elsewhere",)),
        (movie(track(chunks=words(0, 1, 100))), "mp4", ("samples-elsewhere",)),
        (movie(track(chunks=words(0, 1, 0))), "mp4", ("samples-elsewhere",)),
        (
            movie(
                track(
                    sizes=words(0, 20, 24),
                    chunks=words(0, 2, 900, 910),
                    runs=words(0, 1, 1, 12, 1),
                )
            ),
            "mp4",
            ("samples-overlap",),
        ),
        (movie(track(sizes=words(0, 0, 24) + bytes(96))), "mp4", ("too-small",)),
        (movie(track(sizes=words(0, 1, 24))), "mp4", ("too-small",)),
        (movie(track(codec=b"mp4v")), "mp4", ("unknown-codec",)),
        (movie(track(), second(track(b"soun", codec=b"sowt"))), "mp4", ("unknown-codec",)),
        (movie(track(setup=b"")), "mp4", ("no-codec-setup",)),
        (movie(track(setup=box(b"avcC"))), "mp4", ("no-codec-setup",)),
        (movie(track(setup=box(b"avcC", bytes(20)))), "mp4", ("no-codec-setup",)),
        (movie(track(setup=box(b"hvcC", bytes([1] * 30)))), "mp4", ("no-codec-setup",)),
        (movie(track(), second(track(b"soun", setup=b""))), "mp4", ("no-codec-setup",)),
        (fragmented(data=False), "mp4", ("truncated",)),
        (fragmented(moved=-8), "mp4", ("samples-elsewhere",)),
        (movie(track(times=words(0, 2**31, 1, 1))), "mp4", ("malformed",)),
        (movie(track(times=words(0, 1, 2**32 - 1, 2**32 - 1))), "mp4", ("tables-disagree",)),
        (movie(track(chunks=words(0, 0))), "mp4", ("tables-disagree",)),
        (movie(track(runs=words(0, 0))), "mp4", ("tables-disagree",)),
        (movie(track(chunks=words(0, 1, 2**32 - 1))), "mp4", ("truncated",)),
        (
            movie(track(times=words(0, 0), sizes=words(0, 10, 0))),
            "mp4",
            ("no-video-samples",),
        ),
    ],
)
def test_what_is_wrong_is_named(
    content: bytes, container: str, problems: tuple[str, ...], tmp_path: Path
) -> None:
    facts = look(content, tmp_path)
    assert (facts.container, facts.problems) == (container, problems)
    assert facts.size == len(content)


def test_a_sound_track_without_samples_is_silence(tmp_path: Path) -> None:
    sound = second(track(b"soun", times=words(0, 0), sizes=words(0, 10, 0)))
    facts = look(movie(track(), sound), tmp_path)
    assert (facts.audio, facts.problems) == (False, ("audio-track-empty",))


@pytest.mark.parametrize("timescale", [0, 1, 2**32 - 1])
def test_any_time_scale_is_survived(timescale: int, tmp_path: Path) -> None:
    facts = look(movie(track(timescale=timescale, times=words(0, 1, 24, 2**32 - 1))), tmp_path)
    assert (facts.seconds is None) is (timescale == 0)


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@settings(max_examples=200)
@given(st.data())
def test_any_mutation_has_an_answer(scratch: Path, data: st.DataObject) -> None:
    names = ["front.mp4", "fragmented.mp4", "moof-based.mp4"] if FFMPEG else []
    index = [*(clip(name) for name in names), movie(track())]
    content = bytearray(data.draw(st.sampled_from(index)))
    reach = min(len(content), 2500) - 1
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, reach), st.integers(0, 255)), max_size=6)
    ):
        content[place] = value
    facts = look(bytes(content), scratch)
    assert facts.container
    if facts.complete:
        assert facts.frames is None or facts.frames <= 1_000_000


@given(st.binary(max_size=400))
@example(FTYP + box(b"moov", box(b"trak", box(b"tkhd"))))
def test_any_bytes_have_an_answer(scratch: Path, content: bytes) -> None:
    for head in (b"", FTYP, FTYP + words(len(content) + 8) + b"moov"):
        assert look(head + content, scratch).complete is not True or b"mdat" in content


def test_the_work_grows_no_faster_than_the_tables(tmp_path: Path) -> None:
    def work(many: int) -> int:
        content = movie(
            track(
                times=words(0, 1, many, 1),
                sizes=words(0, 0, many) + bytes(4 * many),
                chunks=words(0, many) + bytes(4 * many),
                runs=words(0, 1, 1, 1, 1),
            )
        )

        def read() -> None:
            assert look(content, tmp_path).frames == many

        return calls_in(read)

    assert work(6_000) < 2.1 * work(3_000)


def test_streamed_with_a_cap(tmp_path: Path) -> None:
    path = tmp_path / "clip"
    with receiving(path, most=3) as receiver:
        for chunk in (b"ab", b"", b"c"):
            receiver.write(chunk)
    assert receiver.size == 3
    assert path.read_bytes() == b"abc"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError), receiving(path):
        pass
    assert path.read_bytes() == b"abc"

    def cut(error: type[BaseException], most: int) -> None:
        with receiving(tmp_path / "other", most) as cut_off:
            for _ in range(4):
                cut_off.write(b"ab")
            raise error

    with pytest.raises(TooLargeError):
        cut(AssertionError, most=5)
    with pytest.raises(KeyboardInterrupt):
        cut(KeyboardInterrupt, most=100)
    assert [one.name for one in tmp_path.iterdir()] == ["clip"]


def test_only_plain_files_are_read(tmp_path: Path) -> None:
    os.symlink(os.devnull, tmp_path / "null")
    with pytest.raises(OSError, match="not a plain file"):
        inspect(tmp_path / "null")
