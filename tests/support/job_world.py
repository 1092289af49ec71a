"""Drivers of paid jobs with a handler in the network's place, and the requests that reached it."""

from __future__ import annotations

import json
from typing import Any

import httpx

from fake_clock import FakeClock
from veo_check.core.facts import Missing
from veo_check.core.jobs import JobDriver, JobRequest
from veo_check.core.secrets import AllowList, Redactor
from veo_check.gateways.base import JobEndpoint
from veo_check.gateways.probes import job_driver
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName, Keys

MODEL = "veo-3.1-fast-generate-001"
ROUTER, CONSOLE = "https://router.flatkey.ai", "https://console.flatkey.ai"
GEMINI = "https://generativelanguage.googleapis.com"
VERTEX = "https://us-central1-aiplatform.googleapis.com"
PROXY = "http://127.0.0.1:4000"
KEYS = {
    "FLATKEY_KEY": "sk-flatkey-key-value",
    "GEMINI_KEY": "AQ.gemini-key-value",
    "GOOGLE_TOKEN": "ya29.google-token-value",
    "PROXY_KEY": "sk-proxy-key-value",
}


def flatkey(endpoint: str = "videos", surface: str = "agent-platform") -> JobEndpoint:
    key = KeyName("FLATKEY_KEY")
    return JobEndpoint("flatkey", endpoint, surface, MODEL, "veo3.1-fast", ROUTER, CONSOLE, key)


def gemini() -> JobEndpoint:
    key = KeyName("GEMINI_KEY", "x-goog-api-key")
    family = "predict-long-running"
    return JobEndpoint("google", family, "gemini-api", MODEL, MODEL, GEMINI, GEMINI, key)


def agent_platform() -> JobEndpoint:
    key = KeyName("GOOGLE_TOKEN")
    family = "predict-long-running"
    return JobEndpoint(
        "google", family, "agent-platform", MODEL, MODEL, VERTEX, VERTEX, key, "proj", "us-central1"
    )


def proxy() -> JobEndpoint:
    key = KeyName("PROXY_KEY")
    return JobEndpoint("openai", "videos", "gemini-api", MODEL, "veo-fast", PROXY, PROXY, key)


def request(label: str = MODEL, **changes: Any) -> JobRequest:
    shape: dict[str, Any] = {
        "prompt": "a boat",
        "mode": "text-to-video",
        "seconds": 4,
        "resolution": "720p",
        "aspect_ratio": "16:9",
        "audio": True,
    }
    return JobRequest(label, **(shape | changes))


class Network:
    """Gives its answers in turn, the last one for ever; keeps what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(one.method, str(one.url)) for one in self.requests]

    def body(self, index: int = -1) -> Any:
        return json.loads(self.requests[index].content)


def door(network: Network, clock: FakeClock) -> HttpClient:
    leave = AllowList(keys=frozenset({("PROXY_KEY", PROXY)}))
    keys = Keys(KEYS, Redactor())
    return HttpClient(leave=leave, clock=clock, keys=keys, transport=httpx.MockTransport(network))


def driver(place: JobEndpoint, network: Network, clock: FakeClock) -> JobDriver:
    made = job_driver(place, door(network, clock))
    assert not isinstance(made, Missing), made
    return made


def ok(body: object, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, json=body, headers=named)


def no(status: int, body: object = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, str):
        return httpx.Response(status, text=body, headers=named)
    if body is None:
        return httpx.Response(status, headers=named)
    return httpx.Response(status, json=body, headers=named)


#: Google's own sentences, as users met them and reworded as they may come: what each says.
SENTENCES: list[tuple[str, str]] = [
    (
        "duration-refused",
        "Unsupported output video duration 5 seconds, supported durations are [8,4,6] for feature "
        "text_to_video.",
    ),
    (
        "duration-refused",
        "Unsupported output video duration 4 seconds, supported durations are [7] for feature "
        "video_extension.",
    ),
    (
        "filtered",
        "The prompt could not be submitted. This prompt contains words that violate Vertex AI's "
        "usage guidelines. Try rephrasing the prompt. Support codes: 29310472",
    ),
    (
        "filtered",
        "Veo could not generate videos because the input image violates Agent Platform's usage "
        "guidelines. If you are eligible, you may request allowlisting. Support codes: 15236754",
    ),
    ("filtered", "The prompt couldn't be submitted: it might violate our policies."),
    ("not-allowlisted", "Frame interpolation is not allowlisted for project 12."),
    ("bucket-needed", "Generated video is large, an output storage uri is required."),
    (
        "bucket-denied",
        "The service account service-1@gcp-sa-aiplatform.iam.gserviceaccount.com does not have "
        "access to Cloud Storage bucket b. storage.objects.create denied.",
    ),
    (
        "bucket-denied",
        "service-1@gcp-sa-aiplatform.iam.gserviceaccount.com does not have storage.objects.get "
        "access to the Google Cloud Storage object.",
    ),
    (
        "provisioning",
        "Service agents are being provisioned (https://cloud.google.com/vertex-ai/docs). Service "
        "agents are needed to read the Cloud Storage file provided.",
    ),
    ("wrong-method", "Veo must be accessed through the Vertex PredictLongRunning API."),
    ("interactions-only", "This model only supports Interactions API."),
    (
        "interactions-only",
        "gemini-omni-flash-preview is only supported in the Interactions API and cannot be called "
        "directly via generateContent.",
    ),
    (
        "wrong-credential",
        "API keys are not supported by this API. Expected OAuth2 access token or other "
        "authentication credentials that assert a principal.",
    ),
    ("not-at-location", 'No such model "veo-3.1-fast-generate-001" at this location'),
    ("parameter-refused", "allow_all for personGeneration is currently not supported."),
    ("parameter-refused", "`negativePrompt` isn't supported by this model."),
    ("parameter-refused", "allow_all for `personGeneration` is currently not supported."),
    ("parameter-refused", "sampleCount must be between 1 and 4"),
    # of the same kinds, in other words: Google's older ones, OpenRouter's
    (
        "duration-refused",
        "Duration 99s is not supported for this model. Supported durations: 4, 6, 8",
    ),
    ("duration-refused", "1080p is not supported for a duration of 4 seconds."),
    (
        "duration-refused",
        "Resolution 1080p requires duration seconds to be 8 seconds, but got 6",
    ),
    ("combination-unsupported", "Image and reference images cannot be both set."),
    (
        "combination-unsupported",
        "Resolution 4K is not supported for this model. Supported resolutions: 480p, 720p",
    ),
    ("combination-unsupported", "Unsupported aspect ratio 1:1."),
    (
        "bucket-denied",
        "Access error: PERMISSION_DENIED - 403 Forbidden: Calling principal lacks "
        "storage.objects.get on one or more Cloud Storage URIs.",
    ),
    (
        "bucket-denied",
        "The object does not exist, or bucket permissions prevent revealing object existence.",
    ),
    ("not-at-location", "Publisher Model `x` is not servable in region europe-west4."),
    ("api-disabled", "Vertex AI API has not been used in project 12 before or it is disabled."),
    ("api-disabled", "This API method requires billing to be enabled."),
    ("token-refused", "Request had insufficient authentication scopes."),
]
