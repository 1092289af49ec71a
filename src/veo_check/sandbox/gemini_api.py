"""The Gemini API: listing, `predictLongRunning`, operations, file download."""

from __future__ import annotations

import re

from veo_check.sandbox import google_answers as google
from veo_check.sandbox.accounts import accepts, google_api_key
from veo_check.sandbox.delivery import video_of
from veo_check.sandbox.google_jobs import accept, poll_trouble, refuse
from veo_check.sandbox.google_models import MODELS, find_model
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import Request, Response, as_json

_LIST = re.compile(r"/(v1|v1beta|v1alpha)/models/?")
_MODEL = re.compile(r"/(v1|v1beta|v1alpha)/models/([^/:]+)")
_CALL = re.compile(r"/(v1|v1beta|v1alpha)/models/([^/:]+):(\w+)")
_OPERATION = re.compile(r"/(?:v1|v1beta|v1alpha)/(models/[^/]+/operations/([^/:]+))")
# Google's SDKs cut the file's id out of https addresses only; on a loopback socket the address is
# http, and they put the whole of it where the id belongs. Hence the loose middle.
_FILE = re.compile(r"/(?:download/)?(?:v1|v1beta|v1alpha)/(?:.*/)?files/([a-z0-9]+)(\d):download")


def answer(state: State, request: Request) -> Response:
    """What the Gemini API says to this request."""
    key = google_api_key(request)
    if key is None:
        return google.no_api_key()
    if not accepts("gemini-api", key) or state.has("bad-key"):
        return google.bad_api_key()
    get = request.method == "GET"
    if get and _LIST.fullmatch(request.path):
        return _list(state, request)
    if get and (match := _MODEL.fullmatch(request.path)):
        return _model(state, match[2], match[1])
    if get and (match := _OPERATION.fullmatch(request.path)):
        return _poll(state, request, match[1], match[2])
    if get and (match := _FILE.fullmatch(request.path)):
        return _download(state, match[1])
    if request.method == "POST" and (match := _CALL.fullmatch(request.path)):
        return _submit(state, request, *match.groups())
    return google.error(404, "NOT_FOUND", "Requested entity was not found.")


def _list(state: State, request: Request) -> Response:
    rows = [row for row in MODELS if state.google_model(row.id, "gemini-api") is row]
    size = request.query.get("pageSize", "50")
    start = request.query.get("pageToken", "0")
    if not size.isdecimal() or not start.isdecimal() or int(size) < 1:
        return google.invalid("Request contains an invalid argument.")
    end = int(start) + min(int(size), 1000)
    page: dict[str, object] = {
        "models": [google.model_resource(row) for row in rows[int(start) : end]]
    }
    return as_json(page | ({"nextPageToken": str(end)} if end < len(rows) else {}))


def _missing(state: State, model: str, version: str, method: str) -> Response:
    row = find_model(model, "gemini-api")
    ended = row is not None and row.ends is not None and row.ends <= state.day
    if row is not None and (ended or state.withdrawn(model)):
        return google.no_longer_available(model, row.replacement or "gemini-omni-1.1-flash")
    return google.not_found(model, version, method)


def _model(state: State, model: str, version: str) -> Response:
    row = state.google_model(model, "gemini-api")
    return (
        as_json(google.model_resource(row))
        if row is not None
        else _missing(state, model, version, "getModel")
    )


def _submit(state: State, request: Request, version: str, model: str, method: str) -> Response:
    row = state.google_model(model, "gemini-api")
    if row is None or method not in row.methods or method != "predictLongRunning":
        missing = _missing(state, model, version, method)
        return refuse(state, "gemini-api", model, missing)
    job = accept(state, request, row)
    if isinstance(job, Response):
        return job
    return as_json({"name": f"models/{job.served}/operations/{job.operation}"})


def _poll(state: State, request: Request, name: str, operation: str) -> Response:
    job = state.find(operation, "gemini-api")
    if job is None:
        return google.error(404, "NOT_FOUND", "Requested entity was not found.")
    trouble = poll_trouble(state, job)
    if trouble is not None:
        return trouble
    if job.phase(state.now) != "done":
        return as_json({"name": name})
    version = request.path.split("/")[1]
    samples = [
        {
            "video": {
                "uri": f"{request.origin}/{version}/files/{operation}{index}:download?alt=media"
            }
        }
        for index in range(job.shape.count)
    ]
    return as_json(google.finished(name, job, wrapped=True, samples=samples))


def _download(state: State, operation: str) -> Response:
    job = state.find(operation, "gemini-api")
    if job is None or not job.delivers or job.phase(state.now) != "done":
        return google.error(404, "NOT_FOUND", "Requested entity was not found.")
    if state.has("content-502"):
        return google.error(404, "NOT_FOUND", "The requested file does not exist.")
    kind = "text/html" if state.has("html-file") else "video/mp4"
    return Response(200, {"content-type": kind}, video_of(state, job))
