"""new-api and Flatkey, what becomes of a job: polls in three shapes, content, refunds."""

from __future__ import annotations

from veo_check.sandbox import newapi_bill as bill
from veo_check.sandbox.catalog import Row, find_row
from veo_check.sandbox.delivery import video_of
from veo_check.sandbox.jobs import Job
from veo_check.sandbox.newapi_errors import content_error, gateway_error, task_error
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import Request, Response, as_json


def _find(state: State, request: Request, task: str) -> Job | None:
    job = state.find(task, request.surface)
    if job is not None and not job.booked:  # accepted by the world of an earlier process
        row = find_row(state, request.surface, job.label) or Row(job.label, job.upstream)
        token = state.token(request.surface, job.key)
        bill.book(state, token, row, job, bill.again(job, token.group), "/v1/videos")
    return job


def poll(state: State, request: Request, family: str, task: str) -> Response:
    """The task as this endpoint family tells it."""
    job = _find(state, request, task)
    if job is None:
        return task_error(400, "task_not_exist", "task_not_exist")
    job.polls += 1
    if state.has("poll-5xx") or (state.has("poll-5xx-passing") and job.polls <= 2):
        return gateway_error(503, "Service Unavailable")
    if family == "/v1/videos":
        return as_json(_video_object(state, job))
    if family == "/v1/generation/tasks":
        return as_json(_generation_task(state, request, job))
    if request.surface == "newapi" or job.phase(state.now) == "queued":
        return as_json({"code": "success", "message": "", "data": _task_row(state, job)})
    return as_json({"code": "success", "message": "", "data": _live(state, request, job)})


def _unknown(state: State, job: Job) -> bool:
    return state.has("status-unknown-first") and job.polls <= 1


def _succeeded(job: Job) -> bool:
    """The gateway books a filtered job, and one without a video, as success."""
    return not job.failed


def _video_object(state: State, job: Job) -> dict[str, object]:
    phase = job.phase(state.now)
    done = "completed" if _succeeded(job) else "failed"
    status = {"queued": "queued", "running": "in_progress", "done": done}[phase]
    return {
        "id": job.operation,
        "object": "video",
        "model": job.served,
        "status": "unknown" if _unknown(state, job) else status,
        "progress": {"queued": 0, "running": 50, "done": 100}[phase],
        "created_at": job.created,
        "completed_at": state.unix,
    }


def _url(request: Request, job: Job) -> str:
    return f"{request.origin}/v1/videos/{job.operation}/content"


def _live(state: State, request: Request, job: Job) -> dict[str, object]:
    phase = job.phase(state.now)
    done = "succeeded" if _succeeded(job) else "failed"
    url = ""
    if phase == "done":
        url = _url(request, job) if job.delivers else job.reason if done == "failed" else ""
    return {
        "error": None,
        "format": "mp4",
        "metadata": None,
        "status": {"queued": "queued", "running": "processing", "done": done}[phase],
        "task_id": job.operation,
        "url": url,
    }


def _task_row(state: State, job: Job) -> dict[str, object]:
    phase = job.phase(state.now)
    done = "SUCCESS" if _succeeded(job) else "FAILURE"
    status = {"queued": "NOT_START", "running": "IN_PROGRESS", "done": done}[phase]
    failed = phase == "done" and not _succeeded(job)
    return {
        "id": 1,
        "created_at": job.created,
        "updated_at": state.unix,
        "task_id": job.operation,
        "platform": "41",
        "user_id": 1,
        "group": job.group,
        "channel_id": 7,
        "quota": job.quota,
        "action": "textGenerate",
        "status": status,
        "fail_reason": job.reason if failed else "",
        "result_url": "",
        "submit_time": job.created,
        "start_time": job.created if phase != "queued" else 0,
        "finish_time": state.unix if phase == "done" else 0,
        "progress": {"queued": "0%", "running": "50%", "done": "100%"}[phase],
        "properties": {
            "input": "",
            "upstream_model_name": job.served,
            "origin_model_name": job.label,
        },
        "data": None,
        "usage": None,
    }


def _generation_task(state: State, request: Request, job: Job) -> dict[str, object]:
    done = job.phase(state.now) == "done"
    failed = done and not _succeeded(job)
    content: list[object] = []
    if done and job.delivers:
        content = [{"type": "video_url", "video_url": {"url": _url(request, job)}}]
    return {
        "id": job.operation,
        "model": job.served,
        "status": "processing" if not done else "failed" if failed else "succeeded",
        "content": content,
        "usage": None,
        "error": {"message": job.reason} if failed else None,
    }


def content(state: State, request: Request, task: str) -> Response:
    """The video's bytes, or why there are none."""
    job = _find(state, request, task)
    if job is None:
        return content_error(404, "Task not found")
    phase = job.phase(state.now)
    if phase != "done" or not _succeeded(job):
        status = "FAILURE" if phase == "done" else {"queued": "NOT_START"}.get(phase, "IN_PROGRESS")
        return content_error(400, f"Task is not completed yet, current status: {status}")
    if not job.delivers or state.has("content-502"):
        return content_error(502, "Failed to resolve Vertex video URL")
    body = video_of(state, job)
    if not body and not state.has("empty-file"):
        return content_error(502, "Failed to fetch video content")
    kind = "text/html" if state.has("html-file") else "video/mp4"
    return Response(200, {"content-type": kind}, body)


def settle(state: State, job: Job) -> None:
    """What the gateway's own poller does with a job that ended: it refunds a failed one."""
    if job.failed and not state.has("not-refunded"):
        bill.give_back(state, job)
