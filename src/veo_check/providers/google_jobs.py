"""Paid Veo jobs at Google itself: the Gemini API and the Agent Platform.

Bodies as Google's SDK sends them: `durationSeconds` is a number, `number_of_videos` is
`sampleCount`, images are flat base64.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import datetime

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
from veo_check.http.limits import MEBIBYTE
from veo_check.providers.fetching import fetch_video
from veo_check.providers.google_gemini import api_root
from veo_check.providers.google_operations import is_operation, read_operation, served_model
from veo_check.providers.job_place import JobPlace
from veo_check.providers.poll_answers import poll_failure
from veo_check.providers.reading import mapping, text
from veo_check.providers.submit_answers import refused_or_uncertain, request_id

_SUBMIT_DEADLINE = 120.0
#: an Agent Platform poll may hold the video itself, in base64
_LARGEST_POLL = 256 * MEBIBYTE


class _GoogleJobs:
    """What both surfaces share."""

    def __init__(self, place: JobPlace, door: Door) -> None:
        self._place, self._door = place, door

    def _submit_to(self, url: str, request: JobRequest, *, audio_switch: bool) -> Submission:
        instance = _instance(request)
        if instance is None:
            why = f"a smoke job of mode {request.mode} cannot be made from the route file"
            return Submission("not-sent", text=why)
        parameters: dict[str, object] = {
            "aspectRatio": request.aspect_ratio,
            "durationSeconds": request.seconds,
            "resolution": request.resolution,
            "sampleCount": request.count,
        }
        if audio_switch:
            parameters["generateAudio"] = request.audio
        body = {"instances": [instance], "parameters": parameters}
        answer = self._door.post_once(url, body, self._place.key, deadline=_SUBMIT_DEADLINE)
        name = _operation_in(answer)
        if isinstance(answer, Failure) or name is None:
            return refused_or_uncertain(answer, request.label)
        return Submission(
            "accepted",
            operation=name,
            request_id=request_id(answer),
            served_model=served_model(name),
            status_code=answer.status,
            exchanges=(answer.exchange,),
        )

    def fetch(self, operation: str, video: VideoRef, index: int, sink: Sink) -> FetchAnswer:
        """Stream one video into `sink`: from its bytes, or from its address with the key."""
        if video.content is not None:
            sink(video.content)
            return FetchAnswer(ok=True, place="the operation itself")
        if video.url is None:
            return FetchAnswer(ok=False, symptom="content-unavailable", text="it has no address")
        return fetch_video(self._door, self._place, video.url, sink)

    def used(self) -> UsageRead | Missing:
        """Google tells no key what it used."""
        return _no_usage()

    def usage(
        self, operation: str | None, request_id: str | None, since: datetime
    ) -> UsageRead | Missing:
        """Google tells no key what it used."""
        return _no_usage()


class GeminiJobs(_GoogleJobs):
    """`predictLongRunning` and operations of the Gemini API, with an API key."""

    def submit(self, request: JobRequest) -> Submission:
        """Send the job, once."""
        root = api_root(self._place.base_url)
        url = f"{root}/models/{request.label}:predictLongRunning"
        return self._submit_to(url, request, audio_switch=False)

    def poll(self, operation: str) -> PollAnswer:
        """Ask once how the job is."""
        if not is_operation(operation):
            return _no_operation()
        url = f"{api_root(self._place.base_url)}/{operation}"
        answer = self._door.get(url, self._place.key, fresh=True, tries=1)
        if isinstance(answer, Failure):
            return poll_failure(answer)
        return read_operation(answer, operation)


class AgentPlatformJobs(_GoogleJobs):
    """`predictLongRunning` and `fetchPredictOperation` of the Agent Platform, with a token."""

    @property
    def _root(self) -> str:
        return re.sub(r"/v1(beta1)?$", "", self._place.base_url)

    def submit(self, request: JobRequest) -> Submission:
        """Send the job, once."""
        place = self._place
        if place.project is None:
            return Submission("not-sent", text="the route names no project (via.project)")
        parent = f"projects/{place.project}/locations/{place.location or 'us-central1'}"
        url = (
            f"{self._root}/v1/{parent}/publishers/google/models/{request.label}:predictLongRunning"
        )
        return self._submit_to(url, request, audio_switch=True)

    def poll(self, operation: str) -> PollAnswer:
        """Ask once how the job is. A POST by Google's design, but a read."""
        resource = operation.rpartition("/operations/")[0]
        if not is_operation(operation) or not resource.startswith("projects/"):
            return _no_operation()
        answer = self._door.post_once(
            f"{self._root}/v1/{resource}:fetchPredictOperation",
            {"operationName": operation},
            self._place.key,
            deadline=60.0,
            limit=_LARGEST_POLL,
        )
        if isinstance(answer, Failure):
            return poll_failure(answer)
        return read_operation(answer, operation)


def _instance(request: JobRequest) -> Mapping[str, object] | None:
    """The prompt and the images; None for a mode that needs what a route file cannot give."""
    instance: dict[str, object] = {"prompt": request.prompt}
    if request.mode == "text-to-video":
        return instance
    if request.image is None:
        return None
    image = {
        "bytesBase64Encoded": base64.b64encode(request.image).decode(),
        "mimeType": request.image_type or "image/png",
    }
    if request.mode == "image-to-video":
        return instance | {"image": image}
    if request.mode == "interpolation":
        return instance | {"image": image, "lastFrame": image}
    if request.mode == "reference-images":
        return instance | {"referenceImages": [{"image": image, "referenceType": "ASSET"}]}
    return None


def _operation_in(answer: Answer | Failure) -> str | None:
    if isinstance(answer, Failure) or answer.status != 200:
        return None
    body = answer.json
    name = None if isinstance(body, Failure) else text(mapping(body).get("name"))
    return name if is_operation(name) else None


def _no_operation() -> PollAnswer:
    return PollAnswer(
        "gone",
        "no operation",
        symptom="operation-unknown",
        text="the recorded operation is not one of Google's",
    )


def _no_usage() -> Missing:
    return Missing(
        "job-usage",
        "not-offered",
        "Google tells no key what a job cost; confirm the record with a usage-record confirmation",
    )
