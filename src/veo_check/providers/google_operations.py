"""Long-running operations as Google answers them, on both surfaces.

The Gemini API nests its result in `generateVideoResponse`, the Agent Platform does not; gateways
have mixed the two up, so both nestings are read on both. A finished operation may hold videos, an
error, filter counts, or nothing at all.
"""

from __future__ import annotations

import base64
import binascii
import re

from veo_check.core.jobs import PollAnswer, VideoRef
from veo_check.http.answer import Answer, Failure
from veo_check.http.json_text import Json
from veo_check.providers.poll_answers import charged_by, poll_error, read_failure, unreadable_poll
from veo_check.providers.reading import items, mapping, text, texts, whole

_MODEL = re.compile(r"models/([^/:]+)/operations/")
_NAME = re.compile(
    r"(?:projects/[\w.:-]{1,100}/locations/[a-z0-9-]{1,63}/publishers/google/)?"
    r"models/[\w.@-]{1,200}/operations/[\w-]{1,200}"
)


def is_operation(name: str | None) -> bool:
    """Whether `name` has the form of an operation; it becomes part of an address."""
    return name is not None and _NAME.fullmatch(name) is not None and ".." not in name


def served_model(operation: str) -> str | None:
    """The model that the operation's name says it runs on."""
    match = _MODEL.search(operation)
    return match[1].partition("@")[0] if match else None


def read_operation(answer: Answer, operation: str) -> PollAnswer:
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
    served = served_model(name or operation)
    if outer.get("done") is not True:
        return PollAnswer("running", "running", served_model=served, exchanges=(answer.exchange,))
    if outer.get("error"):
        return _failed(answer, outer["error"], served)
    return _finished(answer, mapping(outer.get("response")), served)


def _failed(answer: Answer, error: Json, served: str | None) -> PollAnswer:
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


def _finished(answer: Answer, response: dict[str, Json], served: str | None) -> PollAnswer:
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
            text=answer.shown(said) or None,
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
