"""Google's bodies: errors and finished operations, as public logs and the SDK's code show them."""

from __future__ import annotations

from collections.abc import Sequence

from veo_check.sandbox.google_models import GoogleModel, find_model
from veo_check.sandbox.jobs import Job
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import Response, as_json

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


def bad_api_key() -> Response:
    """The Gemini API answers a wrong key with 400, not 401."""
    text = "API key not valid. Please pass a valid API key."
    info = {
        "@type": f"{_TYPE}ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": GEMINI_SERVICE},
    }
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
        [
            {
                "@type": f"{_TYPE}ErrorInfo",
                "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED",
                "domain": "googleapis.com",
                "metadata": {"service": "aiplatform.googleapis.com"},
            }
        ],
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
    help_ = {
        "@type": f"{_TYPE}Help",
        "links": [
            {
                "description": "Learn more about Gemini API quotas",
                "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
            }
        ],
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
        return invalid(DURATION_TYPE)
    if state.has("submit-combination"):
        return invalid(COMBINATION)
    if state.has("submit-pre-consume") or state.has("submit-model-not-found"):
        # a gateway's own refusals; Google itself has quota for the same situation
        return over_quota(model) if gemini else exhausted()
    return None


DURATION_TYPE = (
    "The value type for `durationSeconds` needs to be a number. "
    "Please adjust your request accordingly."
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


def model_resource(model: GoogleModel) -> dict[str, object]:
    """A row of the Gemini API's listing. It has no lifecycle field."""
    return {
        "name": f"models/{model.id}",
        "version": "001" if model.id.endswith("001") else model.id.split("-")[1],
        "displayName": model.display,
        "description": f"{model.display}. Access to this model requires billing to be enabled.",
        "inputTokenLimit": 480,
        "outputTokenLimit": 8192,
        "supportedGenerationMethods": list(model.methods),
    }
