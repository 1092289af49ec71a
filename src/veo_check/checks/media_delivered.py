"""media-delivered: the delivered bytes are the clip that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from veo_check.core.findings import Blocked, CheckOutput, Findings, blocker, check, note
from veo_check.core.gateway import Gateway
from veo_check.core.jobs import meaning_of
from veo_check.core.money import plain
from veo_check.core.results import Delivery, JobResult, MediaFacts, SmokeShape
from veo_check.core.route import Route
from veo_check.reference.load import Reference

#: Seconds and frames a second by which an encoder may miss, pixels by which it may round up.
_SECONDS = Decimal("0.5")
_FRAMES = Decimal("0.5")
_PIXELS = 16
_SHORT_SIDE = {"2k": 1440, "4k": 2160}
_READABLE = {"mp4", "quicktime"}
_BROKEN = {
    "empty": "it has no bytes",
    "not-media": "it is no video",
    "no-movie": "it has no index of its frames",
    "malformed": "its structure is broken",
    "truncated": "it ends before its last frame",
    "tables-disagree": "its tables contradict each other",
    "no-video-track": "it has no picture",
    "no-video-samples": "it has no frame",
    "samples-elsewhere": "its frames lie outside of its media data",
    "samples-overlap": "its frames share the same bytes",
    "too-small": "its frames have too few bytes to hold a picture",
    "no-codec-setup": "the configuration of its codec is missing",
}


@check(item="async-job", since="0.1", waivable=False)
def media_delivered(
    route: Route, gateway: Gateway, job: JobResult, delivery: Delivery, reference: Reference
) -> Findings:
    """The delivered file is a whole clip of the length, size, frame rate and sound asked for.

    Why: `completed` proves nothing; gateways drop parameters silently, and a filtered job may be
    booked as a success whose content is an error page. Only the bytes tell.
    Fix: compare what was asked with what came; send the parameters in the fields that are read.
    """
    if delivery.symptom is not None:
        meaning = meaning_of(delivery.symptom)
        said = f' ("{delivery.failure}")' if delivery.failure else ""
        yield blocker(
            f"media-delivered/{delivery.symptom}",
            f"The job finished and nothing could be fetched: {meaning.says}{said}.",
            at="request",
            fix=meaning.step(direct=gateway.direct),
            evidence=delivery.exchanges,
        )
    if len(delivery.videos) != job.shape.count and delivery.symptom is None:
        yield blocker(
            "media-delivered/count",
            f"The job asked for {job.shape.count} clip; {len(delivery.videos)} came.",
            at="request.count",
            expected=job.shape.count,
            actual=len(delivery.videos),
            evidence=delivery.exchanges,
        )
    known = reference.capability(route.model.official, route.model.surface)
    for video in delivery.videos:
        yield from _video(video, job.shape, known.frame_rate if known else None, delivery)


def _video(
    video: MediaFacts, asked: SmokeShape, frame_rate: int | None, delivery: Delivery
) -> Iterator[CheckOutput]:
    broken = next((word for word in video.problems if word in _BROKEN), None)
    if broken is not None:
        yield blocker(
            f"media-delivered/{broken}",
            f"The delivered file ({video.container}, {video.size} bytes) is not a clip: "
            f"{_BROKEN[broken]}.",
            at="request",
            expected="a whole MP4 file",
            actual=broken,
            fix="fetch it by hand; where it is the same there, report it to whoever serves it",
            evidence=delivery.exchanges,
        )
        return
    if "unknown-codec" in video.problems:
        yield Blocked(
            f"the delivered file has a codec that is not known here: {', '.join(video.codecs)}"
        )
        return
    if video.container not in _READABLE or video.complete is not True:
        yield Blocked(
            f"the delivered file ({video.container}) cannot be read here"
            f"{': ' + ', '.join(video.problems) if video.problems else ''}"
        )
        return
    yield from _size(video, asked, delivery)
    yield from _length(video, asked, delivery)
    yield from _rate(video, frame_rate, delivery)
    yield from _sound(video, asked, delivery)
    yield note(
        "media-delivered/facts",
        f"The file: {_facts(video)}; sha256 {video.sha256[:12]}….",
        at="request",
        evidence=delivery.exchanges,
    )


def pixels(resolution: str, aspect_ratio: str) -> tuple[int, int] | None:
    """Width and height of a resolution's name at an aspect ratio; None for names it cannot read."""
    short = _SHORT_SIDE.get(resolution)
    if short is None:
        digits = resolution.removesuffix("p")
        if not (resolution.endswith("p") and digits.isdecimal()):
            return None
        short = int(digits)
    across, down = (int(part) for part in aspect_ratio.split(":"))
    if not across or not down:
        return None
    if across >= down:
        return round(short * across / down), short
    return short, round(short * down / across)


def _size(video: MediaFacts, asked: SmokeShape, delivery: Delivery) -> Iterator[CheckOutput]:
    wanted = pixels(asked.resolution, asked.aspect_ratio)
    if wanted is None or video.width is None or video.height is None:
        yield Blocked("the size of the delivered picture cannot be compared with what was asked")
        return
    if abs(video.width - wanted[0]) > _PIXELS or abs(video.height - wanted[1]) > _PIXELS:
        yield blocker(
            "media-delivered/resolution",
            f"The job asked for {asked.resolution} at {asked.aspect_ratio}; the file is "
            f"{video.width}x{video.height}.",
            at="smoke.resolution",
            expected=f"{wanted[0]}x{wanted[1]}",
            actual=f"{video.width}x{video.height}",
            fix="send the resolution in the field that the API reads, or declare what it delivers",
            evidence=delivery.exchanges,
        )


def _length(video: MediaFacts, asked: SmokeShape, delivery: Delivery) -> Iterator[CheckOutput]:
    if asked.mode == "extension" and asked.input_seconds is None:
        yield Blocked("how long the extended video was is not known, so its length proves nothing")
        return
    wanted = asked.seconds + (asked.input_seconds or 0)
    said = f"The job asked for {asked.seconds} s"
    if asked.input_seconds is not None:
        said += f" after {plain(asked.input_seconds)} s of input"
    if video.seconds is None:
        yield Blocked("the length of the delivered clip cannot be read from its bytes")
    elif abs(video.seconds - wanted) > _SECONDS:
        yield blocker(
            "media-delivered/duration",
            f"{said}; the file lasts {plain(video.seconds)} s.",
            at="smoke.seconds",
            expected=f"{plain(Decimal(wanted))} s",
            actual=f"{plain(video.seconds)} s",
            fix="send the length as a number, in the field that the API reads",
            evidence=delivery.exchanges,
        )


def _rate(video: MediaFacts, known: int | None, delivery: Delivery) -> Iterator[CheckOutput]:
    if video.frame_rate is None:
        yield Blocked("the frame rate of the delivered clip cannot be read from its bytes")
    elif known is not None and abs(video.frame_rate - known) > _FRAMES:
        yield blocker(
            "media-delivered/frame-rate",
            f"The model makes {known} frames a second; the file has {plain(video.frame_rate)}.",
            at="model.official",
            expected=known,
            actual=plain(video.frame_rate),
            fix="find out what re-encodes the video, or which model really ran",
            evidence=delivery.exchanges,
        )


def _sound(video: MediaFacts, asked: SmokeShape, delivery: Delivery) -> Iterator[CheckOutput]:
    if video.audio is asked.audio:
        return
    if video.audio is None:
        yield Blocked("whether the delivered clip has sound cannot be read from its bytes")
        return
    yield blocker(
        "media-delivered/silent" if asked.audio else "media-delivered/sound",
        "Sound was asked for; the file has none."
        if asked.audio
        else "A silent clip was asked for; the file has a sound track.",
        at="request.audio",
        expected="with audio" if asked.audio else "without audio",
        actual="with audio" if video.audio else "without audio",
        fix="send the audio flag in the field that the API reads, or declare what it delivers",
        evidence=delivery.exchanges,
    )


def _facts(video: MediaFacts) -> str:
    parts = [
        f"{video.container} of {video.size} bytes",
        f"{video.width}x{video.height}",
        f"{plain(video.seconds)} s" if video.seconds is not None else "",
        f"{plain(video.frame_rate)} frames a second" if video.frame_rate is not None else "",
        "with audio" if video.audio else "silent",
    ]
    return ", ".join(part for part in parts if part)
