"""The Agent Platform (Vertex AI): publisher models, submit, `fetchPredictOperation`."""

from __future__ import annotations

import base64
import re

from veo_check.sandbox import google_answers as google
from veo_check.sandbox.accounts import accepts
from veo_check.sandbox.delivery import video_of
from veo_check.sandbox.google_jobs import accept, poll_trouble, refuse
from veo_check.sandbox.google_models import MODELS, GoogleModel
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import Request, Response, as_json

_VERSION = r"/(?:v1|v1beta1)/"
_PARENT = r"(?:(projects/[^/]+/locations/[^/]+)/)?"
_LIST = re.compile(_VERSION + _PARENT + r"publishers/google/models/?")
_MODEL = re.compile(_VERSION + _PARENT + r"publishers/google/models/([^/:]+)")
_CALL = re.compile(_VERSION + _PARENT + r"publishers/google/models/([^/:]+):(\w+)")


def answer(state: State, request: Request) -> Response:
    """What the Agent Platform says to this request."""
    token = request.bearer
    if token is None or not accepts("agent-platform", token) or state.has("bad-key"):
        return google.bad_access_token()
    if request.method == "GET" and _LIST.fullmatch(request.path):
        rows = [row for row in MODELS if state.google_model(row.id, "agent-platform") is row]
        return as_json({"publisherModels": [_resource(row) for row in rows]})
    if request.method == "GET" and (match := _MODEL.fullmatch(request.path)):
        row = state.google_model(match[2], "agent-platform")
        if row is None:
            return google.publisher_not_found(match[1] or "", match[2])
        return as_json(_resource(row))
    if request.method == "POST" and (match := _CALL.fullmatch(request.path)):
        parent, model, method = match[1] or "", match[2], match[3]
        if method == "predictLongRunning":
            return _submit(state, request, parent, model)
        if method == "fetchPredictOperation":
            return _poll(state, request)
    return google.error(404, "NOT_FOUND", "Requested entity was not found.")


def _resource(row: GoogleModel) -> dict[str, object]:
    return {
        "name": f"publishers/google/models/{row.id}",
        "versionId": "default",
        "openSourceCategory": "PROPRIETARY",
        "launchStage": row.stage,
        "publisherModelTemplate": "projects/{user-project}/locations/{location}/publishers/google/"
        f"models/{row.id}",
    }


def _submit(state: State, request: Request, parent: str, model: str) -> Response:
    row = state.google_model(model, "agent-platform")
    if row is None:
        missing = google.publisher_not_found(parent, model)
        return refuse(state, "agent-platform", model, missing)
    job = accept(state, request, row, parent)
    if isinstance(job, Response):
        return job
    return as_json(
        {"name": f"{parent}/publishers/google/models/{job.served}/operations/{job.operation}"}
    )


def _poll(state: State, request: Request) -> Response:
    name = (request.fields() or {}).get("operationName")
    if not isinstance(name, str) or "/operations/" not in name:
        return google.invalid("Request contains an invalid argument.")
    job = state.find(name.rsplit("/", 1)[1], "agent-platform")
    if job is None:
        return google.error(404, "NOT_FOUND", "The operation was not found.")
    trouble = poll_trouble(state, job)
    if trouble is not None:
        return trouble
    if job.phase(state.now) != "done":
        return as_json({"name": name})
    samples: list[object] = []
    if job.delivers and not state.has("content-502"):
        video = base64.b64encode(video_of(state, job)).decode()
        samples = [{"bytesBase64Encoded": video, "mimeType": "video/mp4"}] * job.shape.count
    elif job.delivers:
        samples = [{"gcsUri": "gs://vcsandbox-gone/sample_0.mp4", "mimeType": "video/mp4"}]
    return as_json(google.finished(name, job, wrapped=False, samples=samples))
