"""A new-api gateway's three shapes of a poll answer, for the same job.

`/v1/videos/{id}` is an OpenAI video object without address or error. `/v1/video/generations/{id}`
is an envelope around either the adaptor's live answer or the task's own row, which tells the quota.
`/v1/generation/tasks/{id}` (Flatkey) lists contents. `completed` proves nothing in any of them:
jobs that a filter stopped end that way. Only the bytes tell.
"""

from __future__ import annotations

from veo_check.core.jobs import PollAnswer, VideoRef
from veo_check.http.answer import Answer, Failure
from veo_check.http.json_text import Json
from veo_check.providers.job_place import JobPlace
from veo_check.providers.poll_answers import (
    CANCELLED,
    DONE,
    FAILED,
    charged_by,
    poll_error,
    read_failure,
    unreadable_poll,
    web_address,
)
from veo_check.providers.reading import items, mapping, text, whole

#: the gateway's literal where Google's operation name tells it no model
_AMBIGUOUS = "veo-3.0-generate-001"


def read_poll(answer: Answer, place: JobPlace) -> PollAnswer:
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
    served = _served(task, place)
    quota = whole(task.get("quota"))
    proof = (answer.exchange,)
    if word in DONE:
        return PollAnswer(
            "done",
            shown,
            videos=_videos(task),
            served_model=served,
            billed_quota=quota,
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
            billed_quota=quota,
            exchanges=proof,
        )
    return PollAnswer("running", shown, served_model=served, billed_quota=quota, exchanges=proof)


def _videos(task: dict[str, Json]) -> tuple[VideoRef, ...]:
    """What a finished job announces. Without an address, the content path is asked."""
    listed = [
        mapping(mapping(entry).get("video_url")).get("url") for entry in items(task.get("content"))
    ]
    addresses = [one for one in listed if text(one) is not None]
    if addresses:
        return tuple(web_address(one) for one in addresses)
    return (web_address(text(task.get("url")) or task.get("result_url")),)


def _failure_text(task: dict[str, Json]) -> str:
    """The reason, wherever this shape puts it: the address's own place among them."""
    error = task.get("error")
    reason = text(mapping(error).get("message")) or text(error) or text(task.get("fail_reason"))
    if reason is None:
        misplaced = text(task.get("url")) or text(task.get("result_url")) or ""
        reason = "" if misplaced.startswith(("http://", "https://")) else misplaced
    return reason


def _served(task: dict[str, Json], place: JobPlace) -> str | None:
    """The model that ran, where the answer tells: an echo of the label tells nothing."""
    named = text(mapping(task.get("properties")).get("upstream_model_name")) or text(
        task.get("model")
    )
    if named is None or named == _AMBIGUOUS or not named.isprintable() or len(named) > 200:
        return None
    return None if named == place.label != place.official else named
