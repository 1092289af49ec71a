"""Paid video jobs on an OpenAI-compatible gateway, such as a LiteLLM proxy.

`seconds` is a string, the size is `WxH`; what LiteLLM would drop on the way is left out. Its own
retries can make one job three: every request carries the header that stops them.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from veo_check.core.facts import GatewayListing, KeyAnswer, Missing
from veo_check.core.gateway import Gateway
from veo_check.core.jobs import (
    FetchAnswer,
    JobRequest,
    PollAnswer,
    Sink,
    Submission,
    Symptom,
    UsageRead,
    VideoRef,
)
from veo_check.core.money import amount
from veo_check.gateways import newapi
from veo_check.gateways.base import FreeReads, GetRequest, JobEndpoint
from veo_check.gateways.errors import (
    mapping,
    read_error,
    refused_or_uncertain,
    request_id,
    text,
    without_key,
)
from veo_check.gateways.polls import (
    CANCELLED,
    DONE,
    FAILED,
    charged_by,
    fetch_video,
    poll_error,
    poll_failure,
    read_failure,
    unreadable_poll,
)
from veo_check.http.answers import Failure, Response
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName

# OpenAI-compatible video gateways, such as a LiteLLM proxy: the listing and the key, for free.

#: LiteLLM's provider before the slash -> the surface that it calls.
PROVIDER_SURFACES = {
    "gemini": "gemini-api",
    "vertex_ai": "agent-platform",
    "vertex_ai_beta": "agent-platform",
    "openai": "openai",
}
#: LiteLLM's proxy and what speaks like it (litellm-and-sdks.md).
OPENAI = Gateway(
    name="openai",
    payer="openai account",
    families=("videos",),
    usage="none",
    no_catalogue="an OpenAI-compatible gateway publishes no price catalogue",
    late_refusals_on=frozenset({"*"}),
    cannot_carry={"*": frozenset({"interpolation", "reference-images", "extension"})},
)


#: LiteLLM's own retries can triple a bill; this header stops them. Others ignore it.
NO_RETRIES = {"x-litellm-num-retries": "0"}


def listing_ask(base_url: str, key: KeyName) -> GetRequest:
    """`GET /v1/models`, also where the base URL ends in /v1 as OpenAI clients write it."""
    return GetRequest(f"{api_root(base_url)}/models", key, headers=NO_RETRIES)


def api_root(base_url: str) -> str:
    """The address up to and with `/v1`."""
    return base_url if base_url.endswith("/v1") else f"{base_url}/v1"


def key_refused(answer: Response) -> bool:
    """Whether the gateway refused our key: 401, or a LiteLLM proxy without a database, which
    answers an unknown key with 400 `no_db_connection`."""
    if answer.status == 401:
        return True
    return answer.status == 400 and "no_db_connection" in read_error(answer).words()


def key_not_checked(answer: Response) -> Failure | None:
    """A LiteLLM proxy that cannot check a key at all crashes on it: 500 in plain text.

    Any server may crash like that, so it is no finding about the key; but the sentence helps.
    """
    kind = answer.headers.get("content-type", "")
    if answer.status != 500 or not kind.startswith("text/plain"):
        return None
    said = "in plain text; a LiteLLM proxy answers so to a key that it cannot check"
    return replace(answer.failure(), detail=f"{answer.place} answered 500 {said}")


def read_listing(answer: Response, source: str) -> GatewayListing | Failure:
    """The listing, or why there is none."""
    if key_refused(answer):
        said = answer.shown(read_error(answer).message)
        return Failure(
            "key-refused",
            f"{answer.place} refused the key with {answer.status}: {said}",
            answer.exchange,
            sent=True,
        )
    return key_not_checked(answer) or newapi.read_listing(answer, source)


def read_key_answer(answer: Response) -> KeyAnswer | Failure:
    """How the gateway took the key, from its answer to the listing."""
    if key_refused(answer):
        said = answer.shown(read_error(answer).message) or None
        return KeyAnswer("refused", answer.status, said, (answer.exchange,))
    return key_not_checked(answer) or newapi.read_key_answer(answer)


READS = FreeReads(
    listing=lambda route, key: listing_ask(route.base_url, key),
    read_listing=read_listing,
    key=lambda route, key: listing_ask(route.base_url, key),
    read_key=read_key_answer,
)

_SIZES: Mapping[tuple[str, str], str] = {
    ("720p", "16:9"): "1280x720",
    ("720p", "9:16"): "720x1280",
    ("1080p", "16:9"): "1920x1080",
    ("1080p", "9:16"): "1080x1920",
}
_VIDEO = re.compile(r"[A-Za-z0-9][\w.:=+/-]{3,4095}")
_SERVED = re.compile(r"video_id:[^;]*?models/([\w.@-]{1,200})/operations/")
_SUBMIT_DEADLINE = 180.0


class OpenAIJobs:
    """Jobs of one route on `/v1/videos`."""

    def __init__(self, place: JobEndpoint, door: HttpClient) -> None:
        self._place, self._door = place, door
        self._root = f"{api_root(place.base_url)}/videos"

    def submit(self, request: JobRequest) -> Submission:
        """Send the job, once."""
        if request.mode != "text-to-video":
            why = f"this gateway cannot be sent a job of mode {request.mode}"
            return Submission("not-sent", text=why)
        body: dict[str, object] = {
            "model": request.label,
            "prompt": request.prompt,
            "seconds": str(request.seconds),
        }
        size = _SIZES.get((request.resolution, request.aspect_ratio))
        if size is not None:
            body["size"] = size
        else:  # a size such as 3840x2160 is dropped without a word, these two are passed on
            body |= {"resolution": request.resolution, "aspectRatio": request.aspect_ratio}
        answer = self._door.post_once(
            self._root, body, self._place.key, headers=NO_RETRIES, deadline=_SUBMIT_DEADLINE
        )
        video = without_key(answer, _video_in(answer))
        if isinstance(answer, Failure) or video is None:
            return refused_or_uncertain(answer, request.label)
        return Submission(
            "accepted",
            operation=video,
            request_id=request_id(answer),
            served_model=_shown(answer, served_model(video)),
            cost=_cost(answer),
            status_code=answer.status,
            exchanges=(answer.exchange,),
        )

    def poll(self, operation: str) -> PollAnswer:
        """Ask once how the job is."""
        answer = self._door.get(
            self._url(operation), self._place.key, headers=NO_RETRIES, fresh=True, tries=1
        )
        if isinstance(answer, Failure):
            return poll_failure(answer)
        return _read_poll(answer, operation)

    def fetch(self, operation: str, video: VideoRef, index: int, sink: Sink) -> FetchAnswer:
        """Stream the video into `sink` from the gateway's content path."""
        url = video.url or f"{self._url(operation)}/content"
        return fetch_video(self._door, self._place, url, sink)

    def used(self) -> UsageRead | Missing:
        """No key can read its usage here."""
        return _no_usage()

    def usage(
        self, operation: str | None, request_id: str | None, since: datetime
    ) -> UsageRead | Missing:
        """No key can read its usage here; a LiteLLM proxy names the cost in the submit's header."""
        return _no_usage()

    def _url(self, operation: str) -> str:
        return f"{self._root}/{quote(operation, safe='=')}"


def served_model(video: str) -> str | None:
    """The provider's model, decoded from a LiteLLM proxy's video id."""
    encoded = video.removeprefix("video_").rstrip("=")
    try:
        inner = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    match = _SERVED.search(inner) if inner.startswith("litellm:") else None
    return match[1].partition("@")[0] if match else None


def _video_in(answer: Response | Failure) -> str | None:
    if isinstance(answer, Failure) or not 200 <= answer.status < 300:
        return None
    body = answer.json
    if isinstance(body, Failure) or mapping(body).get("error"):
        return None
    video = text(mapping(body).get("id"))
    return video if video is not None and _VIDEO.fullmatch(video) else None


def _cost(answer: Response) -> Decimal | None:
    """What the proxy estimates for the job, in USD, before it has run."""
    try:
        return amount(answer.headers.get("x-litellm-response-cost", ""))
    except ValueError:
        return None


def _read_poll(answer: Response, operation: str) -> PollAnswer:
    proof = (answer.exchange,)
    if answer.status == 500 and (symptom := _misread(answer)):
        said = answer.shown(read_error(answer).message)
        return PollAnswer("failed", "http 500", symptom=symptom, text=said, exchanges=proof)
    if answer.status != 200:
        return poll_error(answer)
    body = answer.json
    if isinstance(body, Failure):
        return PollAnswer("trouble", "unreadable", text=body.detail, exchanges=proof)
    status = text(mapping(body).get("status"))
    if status is None:
        return unreadable_poll(answer, "it says nothing of a job's status")
    word, shown = status.casefold(), answer.shown(status, 60)
    named = served_model(operation) or served_model(text(mapping(body).get("id")) or "")
    served = _shown(answer, named)
    if word in DONE:
        return PollAnswer("done", shown, videos=(VideoRef(),), served_model=served, exchanges=proof)
    if word in FAILED or word in CANCELLED:
        raw = mapping(body).get("error")
        error = mapping(raw)
        parts = (text(error.get("code")), text(error.get("message")), text(raw))
        said = " ".join(filter(None, parts))
        symptom, told = read_failure(answer, said)
        return PollAnswer(
            "failed",
            shown,
            served_model=served,
            symptom="cancelled" if word in CANCELLED else symptom,
            text=told or None,
            charged=charged_by(said),
            exchanges=proof,
        )
    return PollAnswer("running", shown, served_model=served, exchanges=proof)


def _shown(answer: Response, named: str | None) -> str | None:
    return answer.shown(named, 200) if named else None


def _misread(answer: Response) -> Symptom | None:
    """A finished operation without samples, which LiteLLM cannot read, at this poll and every
    other: its own validation error quotes what the operation holds instead, cut (1.106.2 and
    1.110.2, measured)."""
    error = read_error(answer)
    about = error.says("generatedsamples", "generatevideoresponse")
    if not (about and error.says("validation error")):
        return None
    return "filtered" if error.says("raimediafiltered", "pport codes:") else "empty-result"


def _no_usage() -> Missing:
    return Missing(
        "job-usage", "not-offered", "this gateway's API does not report the cost of a job"
    )
