"""Paid Veo jobs at Google itself: the Gemini API and the Agent Platform.

Bodies as Google's SDK sends them: `durationSeconds` is a number, `number_of_videos` is
`sampleCount`, images are flat base64.
"""

from __future__ import annotations

import base64
import binascii
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
from veo_check.gateways.base import JobEndpoint
from veo_check.gateways.errors import (
    items,
    mapping,
    refused_or_uncertain,
    request_id,
    text,
    texts,
    whole,
    without_key,
)
from veo_check.gateways.google import api_root
from veo_check.gateways.polls import (
    charged_by,
    fetch_video,
    poll_error,
    poll_failure,
    read_failure,
    unreadable_poll,
)
from veo_check.http.answers import MEBIBYTE, Failure, Json, Response
from veo_check.http.client import HttpClient

# Long-running operations as Google answers them, on both surfaces.


_MODEL = re.compile(r"models/([^/:]+)/operations/")
_NAME = re.compile(
    r"(?:projects/[\w.:-]{1,100}/locations/[a-z0-9-]{1,63}/publishers/google/)?"
    r"models/[\w.@-]{1,200}/operations/[\w-]{1,3600}"
)


def is_operation(name: str | None) -> bool:
    """Whether `name` has the form of an operation; it becomes part of an address."""
    return name is not None and _NAME.fullmatch(name) is not None and ".." not in name


def served_model(operation: str) -> str | None:
    """The model that the operation's name says it runs on."""
    match = _MODEL.search(operation)
    return match[1].partition("@")[0] if match else None


def read_operation(answer: Response, operation: str) -> PollAnswer:
    """What the operation is by now. Without `done: true` it is running, whatever else it has."""
    if answer.status != 200:
        return poll_error(answer)
    body = answer.json
    if isinstance(body, Failure):
        return PollAnswer("trouble", "unreadable", text=body.detail, exchanges=(answer.exchange,))
    outer = mapping(body)
    name = text(outer.get("name"))
    if name is not None and name.rpartition("/")[2] != operation.rpartition("/")[2]:
        return unreadable_poll(answer, "it is about another operation")
    if name is None and outer.get("done") is not True:
        return unreadable_poll(answer, "it is no operation")
    served = answer.shown(served_model(name or operation) or "", 200) or None
    if outer.get("done") is not True:
        return PollAnswer("running", "running", served_model=served, exchanges=(answer.exchange,))
    if outer.get("error"):
        return _failed(answer, outer["error"], served)
    return _finished(answer, mapping(outer.get("response")), served)


def _failed(answer: Response, error: Json, served: str | None) -> PollAnswer:
    """An operation with an error object (or, on some gateways, an error in words)."""
    message = text(mapping(error).get("message")) or (error if isinstance(error, str) else "")
    code = whole(mapping(error).get("code"))
    symptom, told = read_failure(answer, message, code)
    return PollAnswer(
        "failed",
        "failed",
        served_model=served,
        symptom=symptom,
        text=told or (f"error code {code}" if code is not None else None),
        charged=charged_by(message),
        exchanges=(answer.exchange,),
    )


def _finished(answer: Response, response: dict[str, Json], served: str | None) -> PollAnswer:
    layers = [response, mapping(response.get("generateVideoResponse"))]
    videos = tuple(
        video
        for layer in layers
        for entry in (*items(layer.get("generatedSamples")), *items(layer.get("videos")))
        if (video := _video(mapping(entry))) is not None
    )
    proof = (answer.exchange,)
    if videos:
        return PollAnswer("done", "done", videos=videos, served_model=served, exchanges=proof)
    counts = [whole(layer.get("raiMediaFilteredCount")) or 0 for layer in layers]
    reasons = [reason for layer in layers for reason in texts(layer.get("raiMediaFilteredReasons"))]
    said = " ".join(reasons)
    if sum(counts) > 0 or reasons:
        return PollAnswer(
            "failed",
            "done, filtered",
            served_model=served,
            symptom="filtered",
            text=answer.shown(said, 600) or None,
            charged=charged_by(said),
            exchanges=proof,
        )
    return PollAnswer(
        "failed",
        "done, empty",
        served_model=served,
        symptom="empty-result",
        exchanges=proof,
    )


def _video(entry: dict[str, Json]) -> VideoRef | None:
    """One video: an address, or its bytes in base64."""
    inner = mapping(entry.get("video")) or entry
    for field in ("uri", "gcsUri", "url"):
        address = text(inner.get(field))
        if address is not None:
            return VideoRef(url=address)
    for field in ("bytesBase64Encoded", "encodedVideo", "videoBytes"):
        encoded = text(inner.get(field))
        if encoded is not None:
            try:
                return VideoRef(content=base64.b64decode(encoded, validate=True))
            except (binascii.Error, ValueError):
                return VideoRef(content=b"")
    return None


_SUBMIT_DEADLINE = 120.0
#: an Agent Platform poll may hold the video itself, in base64
_LARGEST_POLL = 256 * MEBIBYTE


class _GoogleJobs:
    """What both surfaces share."""

    def __init__(self, place: JobEndpoint, door: HttpClient) -> None:
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
        name = without_key(answer, _operation_in(answer))
        if isinstance(answer, Failure) or name is None:
            return refused_or_uncertain(answer, request.label, direct=True)
        return Submission(
            "accepted",
            operation=name,
            request_id=request_id(answer),
            served_model=answer.shown(served_model(name) or "", 200) or None,
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
        """Google reports no usage to a key."""
        return _no_usage()

    def usage(
        self, operation: str | None, request_id: str | None, since: datetime
    ) -> UsageRead | Missing:
        """Google reports no usage to a key."""
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
    """The prompt and its input files; None for a mode whose files the route does not name."""
    instance: dict[str, object] = {"prompt": request.prompt}
    first = _flat(request.image, request.image_type)
    if request.mode == "text-to-video":
        return instance
    if request.mode == "image-to-video":
        return instance | {"image": first} if first else None
    if request.mode == "interpolation":
        last = [_flat(each.content, each.media_type) for each in request.files("last_image")]
        return instance | {"image": first, "lastFrame": last[0]} if first and last else None
    if request.mode == "reference-images":
        images = [_flat(each.content, each.media_type) for each in request.files("references")]
        references = [{"image": image, "referenceType": "asset"} for image in images]
        return instance | {"referenceImages": references} if references else None
    videos = [_flat(each.content, each.media_type) for each in request.files("video")]
    return instance | {"video": videos[0]} if videos else None


def _flat(content: bytes | None, media_type: str | None) -> dict[str, object] | None:
    if content is None:
        return None
    encoded = base64.b64encode(content).decode()
    return {"bytesBase64Encoded": encoded, "mimeType": media_type or "image/png"}


def _operation_in(answer: Response | Failure) -> str | None:
    if isinstance(answer, Failure) or not 200 <= answer.status < 300:
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
        "Google's API does not report the cost of a job; add a usage-record confirmation",
    )
