"""Paid Omni jobs on Google's Interactions API, on both surfaces (wire-2026-11-30.md, part A).

The create is sent with `background` and `store`, so that the id is on disk before work begins, and
never a second time: the API has no idempotency key.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
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
    Symptom,
    UsageRead,
    UsageRow,
    VideoRef,
)
from veo_check.core.route import AGENT_PLATFORM, DEFAULT_LOCATION
from veo_check.gateways.base import JobEndpoint
from veo_check.gateways.errors import (
    items,
    mapping,
    read_error,
    refused_or_uncertain,
    request_id,
    text,
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

_NAME = re.compile(
    r"(?:projects/[\w.:-]{1,100}/locations/[a-z0-9-]{1,63}/interactions/)?([A-Za-z0-9_-]{1,1024})"
)
_FILE = re.compile(r"/files/([A-Za-z0-9_-]{1,200})")
#: the key that must be refused; the validator names the first one that it does not know
UNKNOWN_KEY = "veo_check_unknown_key"
_SUBMIT_DEADLINE = 120.0
#: a finished interaction may hold the video itself, in base64
_LARGEST_ANSWER = 256 * MEBIBYTE
_TASKS = {
    "text-to-video": "text_to_video",
    "image-to-video": "image_to_video",
    "interpolation": "image_to_video",
    "reference-images": "reference_to_video",
}
#: states that end an interaction without a result, whatever its steps hold
_ENDED: dict[str, Symptom] = {
    "failed": "failed",
    "cancelled": "cancelled",
    "incomplete": "incomplete",
    "budget_exceeded": "no-quota",
}
_DONE = frozenset({"completed", "requires_action", "requires_continuation"})
_MODALITIES = frozenset({"text", "image", "audio", "video", "document"})


class InteractionsJobs:
    """Jobs of one route on `interactions`: with an API key, or a token on the Agent Platform."""

    def __init__(self, place: JobEndpoint, door: HttpClient) -> None:
        self._place, self._door = place, door
        self._platform = place.surface == AGENT_PLATFORM
        if self._platform:
            host = re.sub(r"/v1(beta1)?$", "", place.base_url)
            parent = f"projects/{place.project}/locations/{place.location or DEFAULT_LOCATION}"
            self._root = f"{host}/v1beta1/{parent}/interactions"
        else:
            self._root = f"{api_root(place.base_url)}/interactions"
        #: what finished interactions told, so that no answer with a video in it is asked for twice
        self._told: dict[str, UsageRead | Missing] = {}

    def submit(self, request: JobRequest) -> Submission:
        """Send the job, once."""
        body = self._body(request)
        if body is None:
            why = f"a smoke job of mode {request.mode} cannot be made from the route file"
            return Submission("not-sent", text=why)
        answer = self._door.post_once(
            self._root, body, self._place.key, deadline=_SUBMIT_DEADLINE, limit=_LARGEST_ANSWER
        )
        created = without_key(answer, _created(answer))
        if isinstance(answer, Failure) or created is None:
            return _refused(refused_or_uncertain(answer, request.label), answer, request)
        return Submission(
            "accepted",
            operation=created,
            request_id=request_id(answer),
            served_model=_served(answer, _object(answer)),
            status_code=answer.status,
            exchanges=(answer.exchange,),
        )

    def _body(self, request: JobRequest) -> dict[str, object] | None:
        task, asked = _TASKS.get(request.mode), _asked(request)
        if task is None or asked is None:
            return None
        wanted: dict[str, object] = {
            "type": "video",
            "resolution": request.resolution,
            "aspect_ratio": request.aspect_ratio,
            "duration": f"{request.seconds}s",
        }
        if not self._platform:
            wanted["delivery"] = "uri"  # inline holds 4 MB at most; there it would need a bucket
        if request.unknown_key:
            wanted[UNKNOWN_KEY] = True  # last: everything before it is known
        return {
            "model": request.label,
            "input": asked,
            "background": True,
            "store": True,
            "generation_config": {"video_config": {"task": task}},
            "response_format": wanted,
        }

    def poll(self, operation: str) -> PollAnswer:
        """Ask once how the job is; where its video still becomes a file, that file too."""
        if "/" in operation or _NAME.fullmatch(operation) is None:
            why = "the recorded operation is no interaction"
            return PollAnswer("gone", "no interaction", symptom="operation-unknown", text=why)
        answer = self._door.get(
            f"{self._root}/{operation}",
            self._place.key,
            fresh=True,
            tries=1,
            limit=_LARGEST_ANSWER,
        )
        if isinstance(answer, Failure):
            return poll_failure(answer)
        if answer.status != 200:
            return _poll_refused(answer)
        told = self._read(answer, operation)
        return self._file_ready(told) if told.state == "done" else told

    def _read(self, answer: Response, operation: str) -> PollAnswer:
        body = _object(answer)
        status, named = text(body.get("status")), _named(body)
        if status is None:
            return unreadable_poll(answer, "it says nothing of an interaction's status")
        if named != operation:
            return unreadable_poll(answer, "it is about another interaction")
        served, word = _served(answer, body), status.casefold()
        shown = PollAnswer(
            "running", answer.shown(status, 60), served_model=served, exchanges=(answer.exchange,)
        )
        videos = tuple(_videos(body))
        if word not in _ENDED and word not in _DONE and not (word == "idle" and videos):
            return shown
        self._told[operation] = _usage(answer, body, operation, served)
        if word in _DONE | {"idle"} and videos:
            return replace(shown, state="done", videos=videos)
        said = _said(body)
        symptom, why = read_failure(answer, said)
        if word in _DONE:  # what was asked of it is in its steps, and no video
            symptom = "filtered" if symptom == "filtered" else "empty-result"
            why = why or _EMPTY
        elif symptom == "failed":
            symptom = _ENDED[word]
        return replace(
            shown, state="failed", symptom=symptom, text=why or None, charged=charged_by(said)
        )

    def _file_ready(self, told: PollAnswer) -> PollAnswer:
        """The same answer, once Google has made a file of each video that it named an address of.

        A file is PROCESSING at first (seen for 5 s), and its download answers nothing until then.
        """
        for video in told.videos:
            match = _FILE.search(video.url or "")
            if self._platform or match is None:
                continue
            url = f"{api_root(self._place.base_url)}/files/{quote(match[1], safe='')}"
            answer = self._door.get(url, self._place.key, fresh=True, tries=1)
            state = None if isinstance(answer, Failure) else text(_object(answer).get("state"))
            if state == "FAILED":
                why = "Google could not make a file of the finished video (state FAILED)"
                return replace(told, state="failed", symptom="content-unavailable", text=why)
            if state == "PROCESSING":
                return replace(told, state="running", status=f"{told.status}, file PROCESSING")
        return told

    def fetch(self, operation: str, video: VideoRef, index: int, sink: Sink) -> FetchAnswer:
        """Stream one video into `sink`: from its bytes, or from its address with the key."""
        if video.content is not None:
            sink(video.content)
            return FetchAnswer(ok=True, place="the interaction itself")
        if video.url is None:
            return FetchAnswer(ok=False, symptom="content-unavailable", text="it has no address")
        return fetch_video(self._door, self._place, video.url, sink)

    def used(self) -> UsageRead | Missing:
        """Google tells no key what it used in all."""
        return _no_usage("Google tells no key what it used in all")

    def usage(
        self, operation: str | None, request_id: str | None, since: datetime
    ) -> UsageRead | Missing:
        """The usage of a finished interaction, as the poll that saw its end told it."""
        told = self._told.get(operation or "")
        return told or _no_usage("the interaction has not told its usage")


def _asked(request: JobRequest) -> object | None:
    """The prompt, after its images; roles are said in the prompt. None: an image is missing.

    An extension needs a video that is Google's already, by its id: no route file can name one.
    """
    if request.mode == "text-to-video":
        return request.prompt
    if request.mode == "reference-images":
        images = [(each.content, each.media_type) for each in request.files("references")]
        roles = " ".join(f"<IMAGE_REF_{number}>" for number in range(len(images)))
    else:
        images = [(request.image, request.image_type or "image/png")] if request.image else []
        last = [(each.content, each.media_type) for each in request.files("last_image")]
        if request.mode == "interpolation" and not last:
            return None
        roles = "<FIRST_FRAME> <LAST_FRAME>"
        images += last if images and request.mode == "interpolation" else []
    if not images:
        return None
    parts: list[object] = [
        {"type": "image", "data": base64.b64encode(content).decode(), "mime_type": kind}
        for content, kind in images
    ]
    prompt = request.prompt if request.mode == "image-to-video" else f"{roles} {request.prompt}"
    return [*parts, {"type": "text", "text": prompt}]


_EMPTY = "it is done, and none of its steps holds a video"


def _object(answer: Response) -> dict[str, Json]:
    return mapping(None if isinstance(answer.json, Failure) else answer.json)


def _created(answer: Response | Failure) -> str | None:
    """The id of the interaction that a create was answered with: from the interaction itself."""
    if isinstance(answer, Failure) or not 200 <= answer.status < 300:
        return None
    body = _object(answer)
    known = body.get("object", "interaction") == "interaction" and text(body.get("status"))
    return _named(body) if known else None


def _named(body: dict[str, Json]) -> str | None:
    """The interaction's id, without the resource path that may stand before it."""
    match = _NAME.fullmatch(text(body.get("id")) or "")
    return match[1] if match else None


def _refused(told: Submission, answer: Response | Failure, request: JobRequest) -> Submission:
    """The refusal; of a key that nobody knows, only one that names this very key is clear."""
    if not request.unknown_key or told.state != "refused" or isinstance(answer, Failure):
        return told
    named = answer.status == 400 and UNKNOWN_KEY in read_error(answer).told
    symptom: Symptom | None = "parameter-refused" if named else told.symptom
    return replace(told, symptom=symptom, names_the_mistake=named)


def _poll_refused(answer: Response) -> PollAnswer:
    """A poll answered by another status than 200. A 400 is about the interaction, not the poll."""
    error = read_error(answer)
    if answer.status == 400 and error.says("invalid interaction name"):
        return PollAnswer(
            "gone",
            "http 400",
            symptom="operation-unknown",
            text=answer.shown(error.told) or None,
            exchanges=(answer.exchange,),
        )
    told = poll_error(answer)
    if told.state == "refused" and told.symptom == "poll-misconfigured":
        return replace(told, symptom="poll-answers-error")
    return told


def _served(answer: Response, body: dict[str, Json]) -> str | None:
    return answer.shown((text(body.get("model")) or "").rpartition("/")[2], 200) or None


def _outputs(body: dict[str, Json]) -> Iterator[dict[str, Json]]:
    """What the model made; `user_input` steps repeat what was asked."""
    for step in map(mapping, items(body.get("steps"))):
        if step.get("type") == "model_output":
            yield step


def _videos(body: dict[str, Json]) -> Iterator[VideoRef]:
    for step in _outputs(body):
        for part in map(mapping, items(step.get("content"))):
            data, uri = text(part.get("data")), text(part.get("uri"))
            if part.get("type") != "video":
                continue
            if data is not None:
                try:
                    yield VideoRef(content=base64.b64decode(data, validate=True))
                except (binascii.Error, ValueError):
                    yield VideoRef(content=b"")
            elif uri is not None:
                yield VideoRef(url=uri)


def _said(body: dict[str, Json]) -> str:
    """Everything that an interaction without a video says for itself."""
    errors = [mapping(error) for error in items(body.get("errors"))]
    errors += [mapping(body.get("error")), *(mapping(step.get("error")) for step in _outputs(body))]
    parts = [text(error.get("message")) for error in errors]
    for step in _outputs(body):
        parts += [text(mapping(part).get("text")) for part in items(step.get("content"))]
    return " ".join(filter(None, parts))[:4000]


def _usage(
    answer: Response, body: dict[str, Json], operation: str, served: str | None
) -> UsageRead | Missing:
    """The tokens that the interaction counts; a Missing where they cannot be told apart.

    What is no output video (the prompt, thoughts, tools) is counted apart: it is billed too.
    """
    usage = mapping(body.get("usage"))
    if not usage:
        return _no_usage("the finished interaction tells no usage; that does not make it free")
    kinds: dict[str, int] = {}
    for side in ("input", "output", "cached", "tool_use"):
        for part in map(mapping, items(usage.get(f"{side}_tokens_by_modality"))):
            kind, count = (text(part.get("modality")) or "").casefold(), whole(part.get("tokens"))
            if kind not in _MODALITIES or count is None or count < 0:
                shown = answer.shown(kind or "nothing", 60)
                return _no_usage(f"its usage counts {side} tokens of {shown}, which is not known")
            if side == "output":
                kinds[kind] = kinds.get(kind, 0) + count
    totals = {
        side: whole(usage.get(f"total_{side}_tokens", 0))
        for side in ("input", "output", "thought", "tool_use")
    }
    counted = [total for total in totals.values() if total is not None and total >= 0]
    if len(counted) < len(totals) or (totals["output"] and not kinds):
        return _no_usage("its usage does not say how many of its tokens are video")
    video = kinds.get("video", 0)
    every = sum(counted) - (totals["output"] or 0) + max(totals["output"] or 0, sum(kinds.values()))
    row = UsageRow(
        kind="charge",
        row_id=answer.shown(operation, 200),
        model=served,
        served_model=served,
        status=answer.shown(text(body.get("status")) or "", 60),
        unit="video token",
        quantity=Decimal(video),
        other_tokens=every - video,
    )
    return UsageRead((row,), exchanges=(answer.exchange,))


def _no_usage(why: str) -> Missing:
    return Missing("job-usage", "unreadable", why)
