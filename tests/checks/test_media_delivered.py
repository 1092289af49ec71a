"""media-delivered: each way in which a clip is not the one that was asked for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from check_world import a_book, a_route, codes, heard
from paid_jobs import MEDIA
from veo_check.checks.media_delivered import media_delivered, pixels
from veo_check.core.findings import Outcome, Status, Tier
from veo_check.core.results import Delivery, JobResult, MediaFacts, SmokeShape

ROUTE = a_route({"smoke": {"seconds": 4, "resolution": "720p"}})
SHAPE = SmokeShape.of_route(ROUTE)


def judged(
    *videos: MediaFacts, shape: SmokeShape = SHAPE, symptom: str | None = None, rows: object = None
) -> Outcome:
    job = JobResult("j1", "finished", shape)
    delivery = Delivery(videos, 1, symptom, "502" if symptom else None, exchanges=("x10",))
    book = a_book(capabilities=rows)  # type: ignore[arg-type]
    return heard(media_delivered, route=ROUTE, job=job, delivery=delivery, reference=book)


def test_the_clip_that_was_asked_for() -> None:
    outcome = judged(MEDIA)
    assert codes(outcome) == ["note facts"]
    assert outcome.findings[0].message.startswith(
        "The file: mp4 of 900000 bytes, 1280x720, 4 s, 24 frames a second, with audio; sha256 "
    )
    assert outcome.status_at(Tier.PRODUCTION) is Status.PASS


@pytest.mark.parametrize(
    ("word", "changed"),
    [
        ("resolution", {"width": 640, "height": 360}),
        ("resolution", {"width": 720, "height": 1280}),
        ("duration", {"seconds": Decimal(2)}),
        ("duration", {"seconds": Decimal("4.6")}),
        ("frame-rate", {"frame_rate": Decimal(30)}),
        ("silent", {"audio": False}),
        ("truncated", {"problems": ("truncated",), "complete": False}),
        ("empty", {"container": "empty", "problems": ("empty",), "complete": None}),
        ("not-media", {"container": "html", "problems": ("not-media",), "complete": None}),
        ("no-movie", {"problems": ("no-movie",), "complete": None}),
        ("malformed", {"problems": ("malformed",), "complete": None}),
        ("tables-disagree", {"problems": ("tables-disagree",), "complete": None}),
        ("no-video-track", {"problems": ("no-video-track",)}),
        ("no-video-samples", {"problems": ("no-video-samples",)}),
    ],
)
def test_what_is_wrong_is_a_blocker_of_its_own(word: str, changed: dict[str, object]) -> None:
    outcome = judged(replace(MEDIA, **changed))  # type: ignore[arg-type]
    assert f"blocker {word}" in codes(outcome)
    assert outcome.status_at(Tier.PRODUCTION) is Status.FAIL


@pytest.mark.parametrize(
    "changed",
    [
        {"seconds": Decimal("4.04")},
        {"seconds": Decimal("3.96")},
        {"frame_rate": Decimal("23.976")},
        {"height": 728},
        {"container": "quicktime"},
        {"problems": ("audio-track-empty",)},
    ],
)
def test_small_differences_pass(changed: dict[str, object]) -> None:
    assert judged(replace(MEDIA, **changed)).status_at(Tier.PRODUCTION) is Status.PASS  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"container": "webm", "problems": ("unread",), "complete": None},
        {"problems": ("too-complex",), "complete": None},
        {"complete": None},
        {"width": None},
        {"seconds": None},
        {"frame_rate": None},
        {"audio": None},
    ],
)
def test_what_cannot_be_read_is_a_hole(changed: dict[str, object]) -> None:
    assert judged(replace(MEDIA, **changed)).status_at(Tier.PRODUCTION) is Status.BLOCKED  # type: ignore[arg-type]


def test_sound_nobody_asked_for() -> None:
    outcome = judged(MEDIA, shape=replace(SHAPE, audio=False))
    assert codes(outcome) == ["blocker sound", "note facts"]
    silent = judged(replace(MEDIA, audio=False), shape=replace(SHAPE, audio=False))
    assert silent.status_at(Tier.PRODUCTION) is Status.PASS


@pytest.mark.parametrize("videos", [(), (MEDIA, MEDIA)])
def test_another_number_of_clips(videos: tuple[MediaFacts, ...]) -> None:
    assert "blocker count" in codes(judged(*videos))


def test_nothing_could_be_fetched() -> None:
    outcome = judged(symptom="content-unavailable")
    assert codes(outcome) == ["blocker content-unavailable"]
    assert '("502")' in outcome.findings[0].message


def test_an_unknown_frame_rate_is_not_compared() -> None:
    outcome = judged(replace(MEDIA, frame_rate=Decimal(30)), rows=[])
    assert outcome.status_at(Tier.PRODUCTION) is Status.PASS


@pytest.mark.parametrize(
    ("resolution", "aspect", "size"),
    [
        ("720p", "16:9", (1280, 720)),
        ("720p", "9:16", (720, 1280)),
        ("1080p", "16:9", (1920, 1080)),
        ("4k", "16:9", (3840, 2160)),
        ("2k", "1:1", (1440, 1440)),
        ("480p", "21:9", (1120, 480)),
        ("huge", "16:9", None),
        ("720p", "0:9", None),
    ],
)
def test_pixels(resolution: str, aspect: str, size: tuple[int, int] | None) -> None:
    assert pixels(resolution, aspect) == size
