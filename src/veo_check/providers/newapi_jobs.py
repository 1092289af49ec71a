"""Paid video jobs on a new-api gateway: three endpoint families, one request body.

The body is the shape that the gateway really passes on: `duration` and `metadata`. Top-level
`resolution`, `ratio` and `seconds` are accepted and dropped on the way to Google; `seconds` is even
billed. Source: the gateways' public code of August 2026, and Flatkey's own playground.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from veo_check.core.facts import Missing
from veo_check.core.jobs import (
    FetchAnswer,
    JobRequest,
    PollAnswer,
    Sink,
    Submission,
    UsageRead,
    VideoRef,
)
from veo_check.http.answer import Answer, Failure
from veo_check.http.door import Door
from veo_check.http.json_text import JsonError, parse_json
from veo_check.providers import newapi_log
from veo_check.providers.fetching import fetch_video
from veo_check.providers.job_place import JobPlace
from veo_check.providers.newapi_polls import read_poll
from veo_check.providers.poll_answers import poll_failure
from veo_check.providers.reading import mapping, number, text
from veo_check.providers.submit_answers import refused_or_uncertain, request_id

PATHS: Mapping[str, str] = {
    "videos": "/v1/videos",
    "video-generations": "/v1/video/generations",
    "generation-tasks": "/v1/generation/tasks",
}
_TASK = re.compile(r"[A-Za-z0-9][\w.:-]{3,199}")
_SUBMIT_DEADLINE = 120.0


class NewapiJobs:
    """Jobs of one route on Flatkey or another new-api gateway."""

    def __init__(self, place: JobPlace, door: Door) -> None:
        self._place, self._door = place, door
        self._path = PATHS[place.endpoint]

    def submit(self, request: JobRequest) -> Submission:
        """Send the job, once."""
        if request.mode not in {"text-to-video", "image-to-video"} or (
            request.mode == "image-to-video" and request.image is None
        ):
            why = f"this gateway cannot be sent a job of mode {request.mode}"
            return Submission("not-sent", text=why)
        url = f"{self._place.base_url}{self._path}"
        body = self._body(request)
        answer = self._door.post_once(url, body, self._place.key, deadline=_SUBMIT_DEADLINE)
        task = _task_in(answer)
        if isinstance(answer, Failure) or task is None:
            return refused_or_uncertain(answer, request.label)
        # on Flatkey whoever knows the id can fetch the video
        self._door.redactor.learn_capability(task)
        return Submission(
            "accepted",
            operation=task,
            request_id=request_id(answer),
            other_ratios=_ratios(answer.headers.get("x-new-api-other-ratios", "")),
            status_code=answer.status,
            exchanges=(answer.exchange,),
        )

    def poll(self, operation: str) -> PollAnswer:
        """Ask once how the job is."""
        self._door.redactor.learn_capability(operation)
        url = f"{self._place.base_url}{self._path}/{quote(operation, safe='')}"
        answer = self._door.get(url, self._place.key, fresh=True, tries=1)
        if isinstance(answer, Failure):
            return poll_failure(answer)
        return read_poll(answer, self._place)

    def fetch(self, operation: str, video: VideoRef, index: int, sink: Sink) -> FetchAnswer:
        """Stream the video into `sink`, from where the poll said or from the content path."""
        own = f"{self._place.base_url}/v1/videos/{quote(operation, safe='')}/content"
        return fetch_video(self._door, self._place, video.url or own, sink)

    def used(self) -> UsageRead | Missing:
        """The key's total, asked afresh."""
        return newapi_log.used(self._place, self._door)

    def usage(
        self, operation: str | None, request_id: str | None, since: datetime
    ) -> UsageRead | Missing:
        """The usage rows of one job and the key's total, asked afresh."""
        return newapi_log.usage(self._place, self._door, operation, request_id, since)

    def _body(self, request: JobRequest) -> dict[str, object]:
        metadata: dict[str, object] = {
            "resolution": request.resolution,
            "aspectRatio": request.aspect_ratio,
            "durationSeconds": request.seconds,
        }
        if self._place.surface == "agent-platform":
            # the Gemini API refuses this field; the Agent Platform wants it said
            metadata["generateAudio"] = request.audio
        body: dict[str, object] = {
            "model": request.label,
            "prompt": request.prompt,
            "duration": request.seconds,
            "metadata": metadata,
        }
        if request.image is not None:
            encoded = base64.b64encode(request.image).decode()
            body["image"] = f"data:{request.image_type or 'image/png'};base64,{encoded}"
        return body


def _task_in(answer: Answer | Failure) -> str | None:
    if isinstance(answer, Failure) or answer.status != 200:
        return None
    body = answer.json
    if isinstance(body, Failure):
        return None
    outer = mapping(body)
    # the envelope of an error may come with status 200
    if outer.get("error") or text(outer.get("code")) not in {None, "success"}:
        return None
    inner = mapping(outer.get("data"))
    for holder in (outer, inner):
        for field in ("task_id", "id"):
            task = text(holder.get(field))
            if task is not None and _TASK.fullmatch(task):
                return task
    return None


def _ratios(header: str) -> dict[str, Decimal]:
    """`X-New-Api-Other-Ratios`: what the gateway multiplies the price by."""
    try:
        value = parse_json(header.encode())
    except JsonError:
        return {}
    found = {name: number(one) for name, one in mapping(value).items()}
    return {name: one for name, one in found.items() if one is not None and one >= 0}
