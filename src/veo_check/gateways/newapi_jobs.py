"""Paid video jobs on a new-api gateway: three endpoint families, one request body.

The body is the shape that the gateway really passes on: `duration` and `metadata`. Top-level
`resolution`, `ratio` and `seconds` are accepted and dropped on the way to Google; `seconds` is even
billed. Source: the gateways' public code of August 2026, and Flatkey's own playground.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

from veo_check.core.facts import GatewayStatus, Missing
from veo_check.core.jobs import (
    FIRST_BOXES,
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
from veo_check.gateways import newapi
from veo_check.gateways.base import JobEndpoint
from veo_check.gateways.errors import (
    items,
    mapping,
    moment,
    number,
    read_error,
    refused_or_uncertain,
    request_id,
    text,
    wait_of,
    whole,
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
    web_address,
)
from veo_check.http.answers import Failure, Json, JsonError, Response, parse_json
from veo_check.http.client import HttpClient
from veo_check.http.media import Fetched, fetch_media, same_origin

# A new-api gateway's three shapes of a poll answer, for the same job.


#: the gateway's literal where Google's operation name tells it no model
_AMBIGUOUS = "veo-3.0-generate-001"


def read_poll(answer: Response, place: JobEndpoint) -> PollAnswer:
    """How the job is, from whichever shape came. Unknown words mean that it is still running."""
    if answer.status != 200:
        return poll_error(answer)
    body = answer.json
    if isinstance(body, Failure):
        return PollAnswer("trouble", "unreadable", text=body.detail, exchanges=(answer.exchange,))
    outer = mapping(body)
    task = mapping(outer.get("data")) if "data" in outer and "status" not in outer else outer
    status = text(task.get("status"))
    if status is None:
        return unreadable_poll(answer, "it says nothing of a job's status")
    word = status.casefold()
    said = _failure_text(task)
    shown = answer.shown(status, 60)
    named = _served(task, place)
    served = answer.shown(named, 200) if named else None
    proof = (answer.exchange,)
    if word in DONE:
        return PollAnswer(
            "done",
            shown,
            videos=_videos(task),
            served_model=served,
            exchanges=proof,
        )
    if word in FAILED or word in CANCELLED:
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


def _videos(task: dict[str, Json]) -> tuple[VideoRef, ...]:
    """What a finished job announces. Without an address, the content path is asked."""
    listed = [
        mapping(mapping(entry).get("video_url")).get("url") for entry in items(task.get("content"))
    ]
    addresses = [one for one in listed if text(one) is not None]
    if addresses:
        return tuple(web_address(address) for address in addresses)
    return (web_address(text(task.get("url")) or task.get("result_url")),)


def _failure_text(task: dict[str, Json]) -> str:
    """The reason, wherever this shape puts it: the address's own place among them."""
    error = task.get("error")
    reason = text(mapping(error).get("message")) or text(error) or text(task.get("fail_reason"))
    if reason is None:
        misplaced = text(task.get("url")) or text(task.get("result_url")) or ""
        reason = "" if misplaced.startswith(("http://", "https://")) else misplaced
    return reason


def _served(task: dict[str, Json], place: JobEndpoint) -> str | None:
    """The model that ran, where the answer tells: an echo of the label tells nothing."""
    named = text(mapping(task.get("properties")).get("upstream_model_name")) or text(
        task.get("model")
    )
    if named is None or named == _AMBIGUOUS or not named.isprintable() or len(named) > 200:
        return None
    return None if named == place.label != place.official else named


# The usage record that a new-api key can read: its log rows and its total.


_PROBE = "job-usage"
_CONSUME, _ERROR, _REFUND = 2, 5, 6
_SECONDS = re.compile(r"\bseconds\s*[:=]\s*(\d{1,6}(?:\.\d{1,6})?)")
#: how far the gateway's clock may be behind ours, where only time can tie a row to a job
_SLACK = timedelta(minutes=2)


def used(place: JobEndpoint, door: HttpClient) -> UsageRead | Missing:
    """The key's total so far, asked afresh."""
    if place.key is None:
        return Missing(_PROBE, "not-configured", "the route names no key")
    answer = newapi.usage_ask(place.console_url, place.key).send(door, fresh=True)
    got = answer if isinstance(answer, Failure) else newapi.read_usage(answer)
    if isinstance(got, Failure):
        return got.as_missing(_PROBE)
    return UsageRead((), got.used, _per_unit(place, door), got.exchanges)


def _per_unit(place: JobEndpoint, door: HttpClient) -> Decimal | None:
    """Quota units to the USD, as the gateway publishes it; learned once per run."""
    answer = newapi.status_ask(place.console_url, place.key).send(door)
    got = answer if isinstance(answer, Failure) else newapi.read_status(answer)
    told = got.quota_per_unit if isinstance(got, GatewayStatus) else None
    return told if told is not None and told > 0 else None


def _rows(answer: Response) -> list[dict[str, Json]] | Failure:
    if answer.status != 200:
        return answer.failure(read_error(answer).message)
    body = answer.json
    if isinstance(body, Failure):
        return body
    rows = mapping(body).get("data")
    if mapping(body).get("success") is False or not isinstance(rows, list):
        said = text(mapping(body).get("message"))
        return answer.unreadable("it holds no log rows" + (f" ({said})" if said else ""))
    return [row for row in rows if isinstance(row, dict)]


def _about(
    rows: list[dict[str, Json]],
    place: JobEndpoint,
    operation: str | None,
    request_id: str | None,
    since: datetime,
) -> list[dict[str, Json]]:
    """The rows of one job: charges and errors by request id, refunds by task id.

    A build whose rows have no request ids leaves only label and time: then every row that could be
    the job's is returned, so that a second charge is not overlooked.
    """
    joined = [
        row
        for row in rows
        if (request_id is not None and row.get("request_id") == request_id)
        or (operation is not None and _other(row).get("task_id") == operation)
    ]
    if any(row.get("type") in {_CONSUME, _ERROR} for row in joined):
        return joined
    if any(text(row.get("request_id")) for row in rows if row.get("type") == _CONSUME):
        return joined
    loose = [
        row
        for row in rows
        if row.get("type") == _CONSUME
        and row.get("model_name") == place.label
        and (at := moment(row.get("created_at"))) is not None
        and at >= since - _SLACK
    ]
    return [row for row in rows if row in joined or row in loose]


def _tells(
    answer: Response,
    place: JobEndpoint,
    operation: str | None,
    request_id: str | None,
    since: datetime,
) -> bool:
    """Whether a read of the log already has a job's charge."""
    rows = _rows(answer)
    if isinstance(rows, Failure):
        return False
    own = _about(rows, place, operation, request_id, since)
    return any(row.get("type") == _CONSUME for row in own)


def _row(answer: Response, row: dict[str, Json], per_unit: Decimal | None) -> UsageRow:
    other = _other(row)
    quota = whole(row.get("quota"))
    kind = whole(row.get("type"))
    seconds = _SECONDS.search((text(row.get("content")) or "")[:2000])

    def shown(value: Json) -> str | None:
        found = text(value)
        return answer.shown(found, 200) if found else None

    reason = text(other.get("reason")) if kind == _REFUND else None
    symptom, told = read_failure(answer, reason) if reason else (None, None)
    row_id = shown(row.get("request_id"))
    if row_id is None and whole(row.get("id")) is not None:
        row_id = f"log row {whole(row.get('id'))}"
    return UsageRow(
        kind="refund" if kind == _REFUND else "error" if kind == _ERROR else "charge",
        row_id=row_id,
        at=moment(row.get("created_at")),
        model=shown(row.get("model_name")),
        served_model=shown(other.get("upstream_model_name")),
        key=shown(row.get("token_name")),
        group=shown(row.get("group")),
        route=shown(other.get("request_path")),
        status={_CONSUME: "consumed", _REFUND: "refunded", _ERROR: "error"}.get(kind or 0),
        quota=abs(quota) if quota is not None else None,
        amount=Decimal(abs(quota)) / per_unit if quota is not None and per_unit else None,
        unit="second" if seconds else None,
        quantity=Decimal(seconds[1]) if seconds else None,
        reason=told,
        symptom=symptom,
    )


def _other(row: dict[str, Json]) -> dict[str, Json]:
    """The `other` field: JSON in a string."""
    value = row.get("other")
    if isinstance(value, dict):
        return value
    try:
        return mapping(parse_json(value.encode())) if isinstance(value, str) else {}
    except (JsonError, UnicodeEncodeError):
        return {}


PATHS: Mapping[str, str] = {
    "videos": "/v1/videos",
    "video-generations": "/v1/video/generations",
    "generation-tasks": "/v1/generation/tasks",
}
_TASK = re.compile(r"[A-Za-z0-9][\w.:=+/-]{3,4095}")
_SUBMIT_DEADLINE = 120.0


#: What a content path answers that is not there, or not for this key.
_NO_PATH = frozenset({401, 403, 404, 405})
_STORED = re.compile(r"current status: *(\w{1,30})")


def read_content(answer: Response) -> PollAnswer:
    """How the job is, by what its content path answers instead of a video.

    `done` without a video: the gateway holds it for a success and has nothing to give.
    """
    error = read_error(answer)
    said = answer.shown(error.told) or None
    proof = (answer.exchange,)
    structured = not isinstance(answer.json, Failure)
    status = f"http {answer.status}"
    stored = _STORED.search(error.message[:1000]) if structured else None
    if answer.status == 400 and stored is not None:
        word = answer.shown(stored[1], 60)
        failed = word.casefold() in FAILED | CANCELLED
        return PollAnswer("failed" if failed else "running", word, exchanges=proof)
    if answer.status == 404 and error.says("task not found", "task_not_exist"):
        return PollAnswer("gone", status, symptom="operation-unknown", text=said, exchanges=proof)
    if answer.status in _NO_PATH:
        return PollAnswer("refused", status, symptom="poll-refused", text=said, exchanges=proof)
    if answer.status == 502 and structured and error.kind == "server_error":
        symptom: Symptom = "content-unavailable"
        return PollAnswer("done", "no video to give", symptom=symptom, text=said, exchanges=proof)
    wait = wait_of(answer, error)
    return PollAnswer("trouble", status, text=said, retry_after=wait, exchanges=proof)


class NewapiJobs:
    """Jobs of one route on Flatkey or another new-api gateway."""

    def __init__(self, place: JobEndpoint, door: HttpClient) -> None:
        self._place, self._door = place, door
        self._path = PATHS[place.endpoint]
        #: the read of the usage log that each job was last told from
        self._told: dict[str | None, str] = {}

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
        task = without_key(answer, _task_in(answer))
        if isinstance(answer, Failure) or task is None:
            return refused_or_uncertain(answer, request.label)
        # on Flatkey whoever knows the id can fetch the video
        self._door.redactor.learn_capability(task)
        return Submission(
            "accepted",
            operation=task,
            request_id=request_id(answer),
            other_ratios=_ratios(answer),
            status_code=answer.status,
            exchanges=(answer.exchange,),
        )

    def poll(self, operation: str) -> PollAnswer:
        """Ask once how the job is."""
        return self._asked(self._path, operation)

    def _asked(self, path: str, operation: str) -> PollAnswer:
        self._door.redactor.learn_capability(operation)
        url = f"{self._place.base_url}{path}/{quote(operation, safe='')}"
        answer = self._door.get(url, self._place.key, fresh=True, tries=1)
        if isinstance(answer, Failure):
            return poll_failure(answer)
        return read_poll(answer, self._place)

    def turn(self) -> float:
        """Take the next turn to ask this origin for a video; seconds until it comes."""
        return self._door.turns(self._place.base_url).take(self._door.clock.monotonic())

    def watch(self, operation: str, sink: Sink) -> PollAnswer:
        """Look at the job's content path, which reads the gateway's database and changes nothing.

        Its 200 is the video.
        """
        self._door.redactor.learn_capability(operation)
        head = bytearray()

        def into(piece: bytes) -> None:
            head.extend(piece[: 8 - len(head)])
            sink(piece)

        place = self._place
        got = fetch_media(self._door, self._own(operation), place.key, place.base_url, into)
        if isinstance(got, Failure):
            return poll_failure(got)
        if isinstance(got, Fetched):
            if bytes(head[4:]) in FIRST_BOXES:
                done = (VideoRef(),)
                return PollAnswer(
                    "done", "delivered", done, exchanges=got.exchanges, delivered=True
                )
            return PollAnswer("refused", "no video at its path", exchanges=got.exchanges)
        if got.status == 429:
            self._door.turns(self._place.base_url).slower(self._door.clock.monotonic())
        return read_content(got)

    def named(self, operation: str) -> PollAnswer:
        """The task by the path that alone names the served model, for every family."""
        return self._asked(PATHS["videos"], operation)

    def fetch(self, operation: str, video: VideoRef, index: int, sink: Sink) -> FetchAnswer:
        """Stream the video into `sink`: from its content path, else from where the task said.

        A task may name another host (a fresh install names this machine): that one gets no key.
        """
        place = self._place
        own = self._own(operation)
        got = fetch_video(self._door, place, own, sink)
        if got.ok or video.url in {None, own} or got.status_code not in _NO_PATH:
            return got
        assert video.url is not None
        if not same_origin(video.url, place.base_url):
            place = replace(place, key=None)
        return fetch_video(self._door, place, video.url, sink)

    def _own(self, operation: str) -> str:
        return f"{self._place.base_url}/v1/videos/{quote(operation, safe='')}/content"

    def used(self) -> UsageRead | Missing:
        """The key's total, asked afresh."""
        return used(self._place, self._door)

    def usage(
        self, operation: str | None, request_id: str | None, since: datetime
    ) -> UsageRead | Missing:
        """The usage rows of one job, oldest first, and the key's total.

        One read of the log serves every job of the key; asked again about the same job, it is read
        again, and so is the total.
        """
        place, door = self._place, self._door
        if place.key is None:
            return Missing(_PROBE, "not-configured", "the route names no key")
        ask, job = newapi.log_ask(place.console_url, place.key), operation or request_id
        held = door.remembered(ask.url, ask.key)
        answer: Response | Failure | None = held
        if (
            held is None
            or held.exchange == self._told.get(job)
            or not _tells(held, place, operation, request_id, since)
        ):
            held, answer = None, ask.send(door, fresh=True)
        if isinstance(answer, Failure):
            return answer.as_missing(_PROBE)
        assert answer is not None
        self._told[job] = answer.exchange
        rows = _rows(answer)
        if isinstance(rows, Failure):
            return rows.as_missing(_PROBE)
        per_unit = _per_unit(place, door)
        own = _about(rows, place, operation, request_id, since)
        # what was read for another job says nothing of the key's total around this one
        total = self.used() if held is None else None
        return UsageRead(
            rows=tuple(_row(answer, row, per_unit) for row in reversed(own)),
            used=total.used if isinstance(total, UsageRead) else None,
            quota_per_unit=per_unit,
            exchanges=(answer.exchange, *(total.exchanges if total else ())),
        )

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


def _task_in(answer: Response | Failure) -> str | None:
    if isinstance(answer, Failure) or not 200 <= answer.status < 300:
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


def _ratios(answer: Response) -> dict[str, Decimal]:
    """`X-New-Api-Other-Ratios`: what the gateway multiplies the price by."""
    try:
        value = parse_json(answer.headers.get("x-new-api-other-ratios", "").encode())
    except JsonError:
        return {}
    found = {answer.shown(name, 60): number(ratio) for name, ratio in mapping(value).items()}
    return {name: ratio for name, ratio in found.items() if ratio is not None and ratio >= 0}
