"""The Gemini API: listing, `predictLongRunning`, operations, file download."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence

from veo_check.sandbox import interactions
from veo_check.sandbox.google_models import (
    MODELS,
    GoogleModel,
    find_model,
    model_resource,
    publisher_resource,
)
from veo_check.sandbox.media import length_of, video_of
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import (
    DROPPED,
    KEYS,
    OTHER_KEYS,
    Job,
    Request,
    Response,
    Shape,
    Surface,
    accepts,
    as_json,
    google_api_key,
)

_TYPE = "type.googleapis.com/google.rpc."
GEMINI_SERVICE = "generativelanguage.googleapis.com"


def error(code: int, status: str, message: str, details: Sequence[object] = ()) -> Response:
    """A google.rpc.Status inside `error`."""
    body: dict[str, object] = {"code": code, "message": message, "status": status}
    if details:
        body["details"] = list(details)
    return as_json({"error": body}, code)


def invalid(message: str) -> Response:
    """400 INVALID_ARGUMENT."""
    return error(400, "INVALID_ARGUMENT", message)


def _info(reason: str, service: str) -> dict[str, object]:
    place = {"domain": "googleapis.com", "metadata": {"service": service}}
    return {"@type": f"{_TYPE}ErrorInfo", "reason": reason, **place}


def bad_api_key(service: str = GEMINI_SERVICE) -> Response:
    """The Gemini API answers a wrong key with 400, not 401; of the Agent Platform not observed."""
    text = "API key not valid. Please pass a valid API key."
    info = _info("API_KEY_INVALID", service)
    words = {"@type": f"{_TYPE}LocalizedMessage", "locale": "en-US", "message": text}
    return error(400, "INVALID_ARGUMENT", text, [info, words])


def no_api_key() -> Response:
    """403 for a caller who showed no key at all."""
    return error(
        403,
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API.",
    )


def bad_access_token() -> Response:
    """401 of the Agent Platform."""
    return error(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project.",
        [_info("ACCESS_TOKEN_TYPE_UNSUPPORTED", "aiplatform.googleapis.com")],
    )


def no_longer_available(model: str, replacement: str) -> Response:
    """404 of a shut-down model; the successor's id is in the sentence."""
    return error(
        404,
        "NOT_FOUND",
        f"This model models/{model} is no longer available. Please update your code to use "
        f"models/{replacement} for the latest features and improvements. We recommend you to use "
        "the Interactions API (https://ai.google.dev/gemini-api/docs/get-started).",
    )


def not_found(model: str, version: str, method: str) -> Response:
    """404 of an unknown id, or of a method the model does not offer."""
    return error(
        404,
        "NOT_FOUND",
        f"models/{model} is not found for API version {version}, or is not supported for {method}. "
        "Call ListModels to see the list of available models and their supported methods.",
    )


def publisher_not_found(parent: str, model: str) -> Response:
    """404 of the Agent Platform, for an unknown id, a retired one, or one without access."""
    place = f"{parent}/" if parent else ""
    return error(
        404,
        "NOT_FOUND",
        f"Publisher Model `{place}publishers/google/models/{model}` was not found or your project "
        "does not have access to it. Please ensure you are using a valid model version. For more "
        "information, see: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/"
        "model-versions",
    )


def exhausted() -> Response:
    """429 without details."""
    return error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).")


def over_quota(model: str, delay: str = "41s") -> Response:
    """429 with the quota that was hit and when to come back."""
    violation = {
        "quotaMetric": f"{GEMINI_SERVICE}/predict_long_running_requests",
        "quotaId": "PredictLongRunningRequestsPerDayPerProjectPerModel",
        "quotaDimensions": {"location": "global", "model": model},
    }
    limits = "https://ai.google.dev/gemini-api/docs/rate-limits"
    help_ = {
        "@type": f"{_TYPE}Help",
        "links": [{"description": "Learn more about Gemini API quotas", "url": limits}],
    }
    return error(
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details. For more "
        "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.",
        [
            {"@type": f"{_TYPE}QuotaFailure", "violations": [violation]},
            help_,
            {"@type": f"{_TYPE}RetryInfo", "retryDelay": delay},
        ],
    )


def unavailable() -> Response:
    """503 of a poll that did not reach the operation."""
    return error(503, "UNAVAILABLE", "The service is currently unavailable.")


def submit_trouble(state: State, model: str, parent: str, gemini: bool) -> Response | None:
    """The refusal that the scenario has ready for every submit that reaches Google, or None."""
    if state.has("submit-retired"):
        row = find_model(model, "gemini-api")
        successor = row.replacement if row and row.replacement else "gemini-omni-1.1-flash"
        return no_longer_available(model, successor)
    if state.has("submit-publisher-404"):
        return publisher_not_found(parent, model)
    if state.has("submit-unknown-id"):
        return not_found(model, "v1beta", "predictLongRunning")
    if state.has("submit-429"):
        return exhausted()
    if state.has("submit-429-retry-info"):
        return over_quota(model)
    if state.has("submit-duration-type"):
        return _not_a_number("durationSeconds")
    if state.has("submit-combination"):
        return invalid(COMBINATION)
    if state.has("submit-pre-consume") or state.has("submit-model-not-found"):
        # a gateway's own refusals; Google itself has quota for the same situation
        return over_quota(model) if gemini else exhausted()
    return None


def _not_a_number(name: str) -> Response:
    return invalid(
        f"The value type for `{name}` needs to be a number. Please adjust your request accordingly."
    )


def _out_of_bound(name: str, low: int, high: int) -> Response:
    return invalid(
        f"The number value for `{name}` is out of bound. "
        f"Please provide a value between {low} and {high}, inclusive."
    )


COMBINATION = (
    "Your use case is currently not supported.  Please refer to Gemini API documentation for "
    "current model offering."
)
_AUDIO_FILTER = (
    "We encountered an issue with the audio for your prompt, which means we could not create your "
    "video. This can sometimes happen due to our safety filters or other processing issues. Please "
    "modify your request and try again. You have not been charged for this attempt."
)
_PROMPT_FILTER = (
    "Veo could not generate 1 videos based on the prompt provided. You will not be charged for "
    "this request. Try rephrasing the prompt. If you think this was an error, send feedback. "
    "Support codes: 42237218"
)
_ERROR_13 = (
    "Video generation failed due to an internal server issue. Please try again in a few minutes. "
    "If the problem persists, please contact Gemini API support."
)
_WRAPPED_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"
_FLAT_TYPE = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"


def finished(name: str, job: Job, wrapped: bool, samples: Sequence[object]) -> dict[str, object]:
    """A finished operation. `wrapped`: the Gemini API's nesting, else the Agent Platform's."""
    body: dict[str, object] = {"name": name, "done": True}
    if job.ending == "error":
        return body | {"error": {"code": 13, "message": _ERROR_13}}
    if job.ending == "refused":
        return body | {"error": {"code": 3, "message": job.reason}}
    if job.ending == "nothing":
        return body | {"response": {"@type": _WRAPPED_TYPE if wrapped else _FLAT_TYPE}}
    if job.ending == "filtered-wrapped":
        inner = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [_AUDIO_FILTER]}
        return body | {"response": {"@type": _WRAPPED_TYPE, "generateVideoResponse": inner}}
    if job.ending == "filtered-unwrapped":
        flat = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [_PROMPT_FILTER]}
        return body | {"response": {"@type": _FLAT_TYPE, **flat}}
    if wrapped:
        answer = {"generatedSamples": list(samples)}
        return body | {"response": {"@type": _WRAPPED_TYPE, "generateVideoResponse": answer}}
    return body | {
        "response": {"@type": _FLAT_TYPE, "raiMediaFilteredCount": 0, "videos": list(samples)}
    }


_AGENT_PLATFORM_ONLY = (
    "generateAudio",
    "fps",
    "pubsubTopic",
    "storageUri",
    "compressionQuality",
    "resizeMode",
)


def shape_of(
    body: Mapping[str, object] | None, model: GoogleModel, lenient: bool = False
) -> Shape | Response:
    """The job this body asks for, or Google's refusal. `lenient` accepts any clip length.

    Source of limits and texts: the project's notes on Google's Veo guide and public error logs.
    """
    if body is None:
        return invalid("Invalid JSON payload received. Expected an object.")
    first = _first(body)
    if first is None:
        return invalid("`instances` must hold one object.")
    parameters = body.get("parameters") or {}
    if not isinstance(parameters, dict):
        return invalid("`parameters` must be an object.")
    refusal = _instance(first) or _fields(parameters, model)
    if refusal is not None:
        return refusal
    shape = Shape(after=_continued(first))
    seconds = _seconds(parameters, shape.takes(model.seconds), lenient)
    count = _count(parameters, model)
    if isinstance(seconds, Response):
        return seconds
    if isinstance(count, Response):
        return count
    resolution = parameters.get("resolution", "720p")
    aspect = parameters.get("aspectRatio", "16:9")
    full_only = resolution in {"1080p", "4k"} or bool(first.get("referenceImages"))
    if (
        resolution not in model.resolutions
        or aspect not in {"16:9", "9:16"}
        or (full_only and not shape.after and seconds != max(model.seconds) and not lenient)
        or (first.get("referenceImages") and ("lite" in model.id or aspect == "9:16"))
    ):
        return invalid(COMBINATION)
    audio = parameters.get("generateAudio", True) is not False
    return Shape(seconds, str(resolution), str(aspect), audio, count, shape.after)


def _continued(instance: Mapping[str, object]) -> int:
    """Seconds of the video that is to be extended (wire-2026-11-30.md C5)."""
    video = instance.get("video")
    return length_of(video.get("bytesBase64Encoded")) if isinstance(video, dict) else 0


def accepted_shape(
    body: Mapping[str, object] | None, model: GoogleModel, lenient: bool = False
) -> Shape | Response:
    """The job that a submit becomes: the Agent Platform looks at the clip length only later."""
    shape = shape_of(body, model, lenient)
    if isinstance(shape, Response) and model.surface == "agent-platform":
        later = shape_of(body, model, lenient=True)
        if isinstance(later, Shape) and later.seconds not in later.takes(model.seconds):
            return later
    return shape


def _first(body: Mapping[str, object] | None) -> dict[str, object] | None:
    instances = (body or {}).get("instances")
    first = instances[0] if isinstance(instances, list) and instances else None
    return first if isinstance(first, dict) else None


def prompt_of(body: Mapping[str, object] | None) -> str:
    return str((_first(body) or {}).get("prompt", ""))


def outside_limits(body: Mapping[str, object] | None, model: GoogleModel) -> bool:
    """Whether Google would refuse this body."""
    return isinstance(shape_of(body, model), Response)


def _instance(instance: Mapping[str, object]) -> Response | None:
    if not isinstance(instance.get("prompt", ""), str):
        return invalid("`prompt` must be a string.")
    if not instance.get("prompt") and not instance.get("image") and not instance.get("video"):
        return invalid("The prompt is empty. Please provide a prompt or an image.")
    for name in ("image", "lastFrame"):
        image = instance.get(name)
        if isinstance(image, dict) and "inlineData" in image:
            return invalid("`inlineData` isn't supported by this model.")
    return None


def _fields(parameters: Mapping[str, object], model: GoogleModel) -> Response | None:
    if model.surface == "gemini-api":
        for name in _AGENT_PLATFORM_ONLY:
            if name in parameters:
                return invalid(f"`{name}` isn't supported by this model.")
    if model.id.startswith("veo-2") and "resolution" in parameters:
        return invalid("`resolution` isn't supported by this model.")
    person = parameters.get("personGeneration", "allow_all")
    if person not in {"allow_all", "allow_adult", "dont_allow"} or (
        model.surface == "gemini-api" and person == "dont_allow" and "veo-2" not in model.id
    ):
        return invalid(COMBINATION)
    return None


def _seconds(
    parameters: Mapping[str, object], lengths: Sequence[int], lenient: bool
) -> int | Response:
    seconds = parameters.get("durationSeconds", max(lengths))
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return _not_a_number("durationSeconds")
    if seconds not in lengths and not (lenient and 0 < seconds <= 60):
        return _out_of_bound("durationSeconds", min(lengths), max(lengths))
    return int(seconds)


def _count(parameters: Mapping[str, object], model: GoogleModel) -> int | Response:
    count = parameters.get("sampleCount", 1)
    if isinstance(count, bool) or not isinstance(count, int):
        return _not_a_number("sampleCount")
    if not 1 <= count <= model.max_count:
        return _out_of_bound("sampleCount", 1, model.max_count)
    return count


def forward(
    state: State,
    body: Mapping[str, object] | None,
    row: GoogleModel | None,
    *,
    surface: Surface,
    label: str,
    upstream: str,
    parent: str,
    key: str,
    quota: int = 0,
    at_submit: bool = False,
) -> Job | Response:
    """What becomes of a submit that reaches Google, by itself or through a gateway.

    A new job, Google's refusal, or `DROPPED`: nobody accepted anything. `at_submit`: a wrong clip
    length is refused at once, on the Agent Platform too.
    """
    if row is None:
        return publisher_not_found(parent, upstream)
    if row.interactions:
        return invalid("This model only supports Interactions API.")
    refusal = submit_trouble(state, upstream, parent, gemini=surface == "gemini-api")
    if refusal is not None:
        return refusal
    if state.has("submit-dropped-before"):
        return DROPPED
    rerouting = state.has("wrong-request-rerouted")
    lenient = rerouting or state.has("wrong-request-accepted")
    shape = (shape_of if at_submit else accepted_shape)(body, row, lenient)
    if isinstance(shape, Response):
        return shape
    return state.start(
        surface,
        label,
        upstream,
        shape,
        key,
        quota=quota,
        prompt=prompt_of(body),
        rerouted=rerouting and outside_limits(body, row),
    )


def accept(state: State, request: Request, row: GoogleModel, parent: str = "") -> Job | Response:
    """A new job, or the refusal of this submit. Either way the ledger knows.

    A job that was accepted while the connection drops is in the ledger; its answer is `DROPPED`.
    """
    job = forward(
        state,
        request.fields(),
        row,
        surface=row.surface,
        label=row.id,
        upstream=row.id,
        parent=parent,
        key="api-key" if row.surface == "gemini-api" else "access-token",
    )
    if isinstance(job, Response):
        return refuse(state, row.surface, row.id, job)
    return DROPPED if state.has("submit-dropped-after") else job


def refuse(state: State, surface: str, model: str, refusal: Response) -> Response:
    """The refusal, noted in the ledger."""
    state.note_refusal(surface, model, refusal.status)
    return refusal


_LIST = re.compile(r"/(v1|v1beta|v1alpha)/models/?")
_MODEL = re.compile(r"/(v1|v1beta|v1alpha)/models/([^/:]+)")
_CALL = re.compile(r"/(v1|v1beta|v1alpha)/models/([^/:]+):(\w+)")
_OPERATION = re.compile(r"/(?:v1|v1beta|v1alpha)/(models/[^/]+/operations/([^/:]+))")
# Google's SDKs cut the file's id out of https addresses only; on a loopback socket the address is
# http, and they put the whole of it where the id belongs. Hence the loose middle.
_FILE = re.compile(r"/(?:download/)?(?:v1|v1beta|v1alpha)/(?:.*/)?files/([a-z0-9]+)(\d):download")


def answer(state: State, request: Request) -> Response:
    key = google_api_key(request)
    if key is None:
        return no_api_key()
    if not accepts("gemini-api", key) or state.has("bad-key"):
        return bad_api_key()
    if told := interactions.answer(state, request, "gemini-api"):
        return told
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
    return error(404, "NOT_FOUND", "Requested entity was not found.")


def _list(state: State, request: Request) -> Response:
    rows = [row for row in MODELS if state.google_model(row.id, "gemini-api") is row]
    size = request.query.get("pageSize", "50")
    start = request.query.get("pageToken", "0")
    if not size.isdecimal() or not start.isdecimal() or int(size) < 1:
        return invalid("Request contains an invalid argument.")
    end = int(start) + min(int(size), 1000)
    page: dict[str, object] = {"models": [model_resource(row) for row in rows[int(start) : end]]}
    return as_json(page | ({"nextPageToken": str(end)} if end < len(rows) else {}))


def _missing(state: State, model: str, version: str, method: str) -> Response:
    row = find_model(model, "gemini-api")
    ended = row is not None and row.ends is not None and row.ends <= state.day
    if row is not None and (ended or state.withdrawn(model)):
        return no_longer_available(model, row.replacement or "gemini-omni-1.1-flash")
    return not_found(model, version, method)


def _model(state: State, model: str, version: str) -> Response:
    row = state.google_model(model, "gemini-api")
    if row is None:
        return _missing(state, model, version, "getModel")
    return as_json(model_resource(row))


def _submit(state: State, request: Request, version: str, model: str, method: str) -> Response:
    row = state.google_model(model, "gemini-api")
    routed = row is not None and (row.interactions or method in row.methods)
    if row is None or not routed or method != "predictLongRunning":
        missing = _missing(state, model, version, method)
        return refuse(state, "gemini-api", model, missing)
    job = accept(state, request, row)
    if isinstance(job, Response):
        return job
    return as_json({"name": f"models/{job.served}/operations/{job.operation}"})


def _poll(state: State, request: Request, name: str, operation: str) -> Response:
    job = state.find(operation, "gemini-api")
    if job is None:
        return error(404, "NOT_FOUND", "Requested entity was not found.")
    if state.poll_fails(job):
        return unavailable()
    if job.phase(state.now) != "done":
        return as_json({"name": name})
    files = f"{request.origin}/{request.path.split('/')[1]}/files"
    samples = [
        {"video": {"uri": f"{files}/{operation}{index}:download?alt=media"}}
        for index in range(job.shape.count)
    ]
    return as_json(finished(name, job, wrapped=True, samples=samples))


def _download(state: State, operation: str) -> Response:
    job = state.find(operation, "gemini-api")
    if job is None or not job.delivers or job.phase(state.now) != "done":
        return error(404, "NOT_FOUND", "Requested entity was not found.")
    if state.has("content-502"):
        return error(404, "NOT_FOUND", "The requested file does not exist.")
    kind = "text/html" if state.has("html-file") else "video/mp4"
    return Response(200, {"content-type": kind}, video_of(state, job))


_HOST = re.compile(r"https://(?:([a-z0-9-]+)-)?aiplatform\.googleapis\.com")
_VERSION = r"/(?:v1|v1beta1)/"
_PARENT = r"(?:(projects/[^/]+/locations/[^/]+)/)?"
_PUBLISHER_MODELS = re.compile(_VERSION + _PARENT + r"publishers/google/models/?")
_PUBLISHER_MODEL = re.compile(_VERSION + _PARENT + r"publishers/google/models/([^/:]+)")
_PUBLISHER_CALL = re.compile(_VERSION + _PARENT + r"publishers/google/models/([^/:]+):(\w+)")


def answer_agent_platform(state: State, request: Request) -> Response:
    api_key = google_api_key(request) if request.bearer is None else None
    right = OTHER_KEYS["agent-platform-api-key"] if api_key else KEYS["agent-platform"]
    if (api_key or request.bearer) != right or state.has("bad-key"):
        return bad_api_key("aiplatform.googleapis.com") if api_key else bad_access_token()
    if told := interactions.answer(state, request, "agent-platform"):
        return told
    if request.method == "GET" and _PUBLISHER_MODELS.fullmatch(request.path):
        rows = [row for row in MODELS if state.google_model(row.id, "agent-platform") is row]
        return as_json({"publisherModels": [publisher_resource(row) for row in rows]})
    if request.method == "GET" and (match := _PUBLISHER_MODEL.fullmatch(request.path)):
        row = state.google_model(match[2], "agent-platform", _location(request, match[1]))
        if row is None:
            return publisher_not_found(match[1] or "", match[2])
        return as_json(publisher_resource(row))
    if request.method == "POST" and (match := _PUBLISHER_CALL.fullmatch(request.path)):
        parent, model, method = match[1] or "", match[2], match[3]
        if method == "predictLongRunning":
            return _submit_agent_platform(state, request, parent, model)
        if method == "fetchPredictOperation":
            return _poll_agent_platform(state, request)
    return error(404, "NOT_FOUND", "Requested entity was not found.")


def _location(request: Request, parent: str | None) -> str | None:
    """The location that is asked: by the path, else by the host's name; a loopback names none."""
    if parent:
        return parent.rpartition("/")[2]
    host = _HOST.fullmatch(request.origin)
    return None if host is None else host[1] or "global"


def _submit_agent_platform(state: State, request: Request, parent: str, model: str) -> Response:
    row = state.google_model(model, "agent-platform", _location(request, parent))
    if row is None:
        missing = publisher_not_found(parent, model)
        return refuse(state, "agent-platform", model, missing)
    job = accept(state, request, row, parent)
    if isinstance(job, Response):
        return job
    return as_json(
        {"name": f"{parent}/publishers/google/models/{job.served}/operations/{job.operation}"}
    )


def _poll_agent_platform(state: State, request: Request) -> Response:
    name = (request.fields() or {}).get("operationName")
    if not isinstance(name, str) or "/operations/" not in name:
        return invalid("Request contains an invalid argument.")
    job = state.find(name.rsplit("/", 1)[1], "agent-platform")
    if job is None:
        return error(404, "NOT_FOUND", "The operation was not found.")
    if state.poll_fails(job):
        return unavailable()
    if job.phase(state.now) != "done":
        return as_json({"name": name})
    samples: list[object] = []
    if job.delivers and not state.has("content-502"):
        video = base64.b64encode(video_of(state, job)).decode()
        samples = [{"bytesBase64Encoded": video, "mimeType": "video/mp4"}] * job.shape.count
    elif job.delivers:
        samples = [{"gcsUri": "gs://vcsandbox-gone/sample_0.mp4", "mimeType": "video/mp4"}]
    return as_json(finished(name, job, wrapped=False, samples=samples))
