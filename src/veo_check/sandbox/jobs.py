"""One simulated job: what was asked, what will be delivered, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

#: Seconds of the world's clock. At the sandbox's usual speed of 20, one job takes 1.25 s.
JOB_SECONDS = 25.0
SLOW_JOB_SECONDS = 240.0
QUEUED_SECONDS = 3.0

Ending = Literal["video", "filtered-wrapped", "filtered-unwrapped", "error", "refused", "nothing"]
Phase = Literal["queued", "running", "done"]

SIZES: dict[str, tuple[int, int]] = {
    "360p": (640, 360),
    "480p": (854, 480),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "4k": (3840, 2160),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What Google would be asked to make."""

    seconds: int = 8
    resolution: str = "720p"
    aspect_ratio: str = "16:9"
    audio: bool = True
    count: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = SIZES[self.resolution]
        return (height, width) if self.aspect_ratio == "9:16" else (width, height)


@dataclass(slots=True)
class Job:
    """One accepted job. Times are seconds of the world's clock; `ends` None means never."""

    operation: str
    surface: str
    label: str
    upstream: str
    served: str
    shape: Shape
    key: str
    started: float
    ends: float | None
    ending: Ending
    created: int
    request_id: str = ""
    group: str = ""
    quota: int = 0
    usd: Decimal = Decimal(0)
    #: the multipliers a gateway charged, as its header prints them
    ratios: str = "{}"
    polls: int = 0
    settled: bool = False
    #: a gateway has charged it and written its usage row
    booked: bool = False

    def phase(self, now: float) -> Phase:
        """Where the job is at `now`."""
        if self.ends is not None and now >= self.ends:
            return "done"
        return "queued" if now - self.started < QUEUED_SECONDS else "running"

    @property
    def failed(self) -> bool:
        """Whether its operation ends with an error."""
        return self.ending in {"error", "refused"}

    @property
    def reason(self) -> str:
        """Why it failed, in Google's words."""
        if self.ending == "refused":
            return (
                f"Unsupported output video duration {self.shape.seconds} seconds, supported "
                "durations are [8,4,6] for feature text_to_video."
            )
        return "Video generation failed due to an internal server issue. Please try again."

    @property
    def delivers(self) -> bool:
        """Whether it ends with a video."""
        return self.ending == "video"
