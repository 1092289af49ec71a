"""A team's job log that answers all seven questions, one row for each of the five statuses."""

from __future__ import annotations

from collections.abc import Mapping

_FIRST: Mapping[str, object] = {
    "application": "campaign-studio",
    "key_id": "ci-smoke",
    "environment": "production",
    "workflow": "ad-storyboard",
    "model": "veo3.1-fast",
    "aspect_ratio": "16:9",
    "resolution": "1080p",
    "prompt_type": "text-to-video",
    "input_media": "none",
    "operation_id": "op-1",
    "poll_attempts": 7,
    "status": "succeeded",
    "retries": 0,
    "rerouted_to": None,
    "video_count": 1,
    "output_uri": "gs://clips/1.mp4",
    "usage_id": "req-1",
    "cost": "0.96",
    "cost_unit": "USD",
}


def row(number: int, **changed: object) -> dict[str, object]:
    """A row of its own operation and usage record."""
    own = {"operation_id": f"op-{number}", "usage_id": f"req-{number}"}
    return dict(_FIRST) | own | changed


GOOD: tuple[dict[str, object], ...] = (
    row(1),
    row(2, status="failed", video_count=0, output_uri="", cost="0"),
    row(3, status="cancelled", poll_attempts=0, video_count=0, output_uri=None, cost=0),
    row(4, status="rerouted", rerouted_to="veo3.1-lite", video_count=0, output_uri=None, cost="0"),
    row(5, prompt_type="image-to-video", input_media="gs://in/5.png", retries="1"),
)
