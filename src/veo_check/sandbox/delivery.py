"""The file a finished job delivers, spoiled where the scenario says so."""

from __future__ import annotations

from veo_check.sandbox.jobs import Job
from veo_check.sandbox.media import mp4
from veo_check.sandbox.state import State

HTML_PAGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
    b"<body><h1>Service temporarily unavailable</h1></body></html>"
)


def video_of(state: State, job: Job) -> bytes:
    """The bytes of one video of this job."""
    if state.has("empty-file"):
        return b""
    if state.has("html-file"):
        return HTML_PAGE
    width, height = job.shape.size
    if state.has("wrong-resolution"):
        width, height = width // 2, height // 2
    seconds = job.shape.seconds - (2 if state.has("wrong-duration") else 0)
    video = mp4(seconds, width, height, audio=job.shape.audio and not state.has("silent"))
    return video[: len(video) * 2 // 3] if state.has("truncated") else video
