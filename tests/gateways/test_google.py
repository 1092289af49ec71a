from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from answers import PLACE, answer
from fake_clock import FakeClock
from veo_check.core.facts import KeyAnswer, OfficialModel
from veo_check.core.secrets import AllowList, CredentialKind, Redactor
from veo_check.gateways import errors as google_errors
from veo_check.gateways import google as agent_platform
from veo_check.gateways import google as gemini
from veo_check.gateways.errors import ErrorBody
from veo_check.http.answers import Failure
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName, Keys

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = KeyName("GEMINI_KEY", "x-goog-api-key")
MODEL = "veo-3.1-generate-preview"
GONE = (
    f"This model models/{MODEL} is no longer available. Please update your code to use "
    "models/gemini-omni-1.1-flash for the latest features and improvements. We recommend you to "
    "use the Interactions API (https://ai.google.dev/gemini-api/docs/get-started)."
)
UNKNOWN = (
    f"models/{MODEL} is not found for API version v1beta, or is not supported for "
    "predictLongRunning. Call ListModels to see the list of available models and their supported "
    "methods."
)
NO_ACCESS = (
    f"Publisher Model `projects/p/locations/us-central1/publishers/google/models/{MODEL}` was not "
    "found or your project does not have access to it. Please ensure you are using a valid model "
    "version."
)


def error(code: int, message: str, status: str, **more: object) -> dict[str, object]:
    return {"error": {"code": code, "message": message, "status": status, **more}}


INVALID_KEY = error(
    400,
    "API key not valid. Please pass a valid API key.",
    "INVALID_ARGUMENT",
    details=[{"reason": "API_KEY_INVALID"}],
)


def test_an_offered_model_is_read_with_its_methods() -> None:
    body = {
        "name": f"models/{MODEL}",
        "displayName": "Veo 3.1",
        "supportedGenerationMethods": ["predictLongRunning"],
    }
    assert gemini.read_model(answer(body), MODEL, NOW) == OfficialModel(
        MODEL,
        "gemini-api",
        "offered",
        methods=("predictLongRunning",),
        observed_at=NOW,
        exchanges=("x1",),
    )


def test_the_agent_platforms_model_is_read_with_its_stage() -> None:
    body = {
        "name": "publishers/google/models/veo-3.1-generate-001@default",
        "launchStage": "GA",
        "versionId": "default",
    }
    assert agent_platform.read_publisher_model(
        answer(body), "veo-3.1-generate-001", NOW
    ) == OfficialModel(
        "veo-3.1-generate-001",
        "agent-platform",
        "offered",
        launch_stage="GA",
        observed_at=NOW,
        exchanges=("x1",),
    )


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("text", "state", "replacement"),
    [
        (GONE, "no-longer-available", "gemini-omni-1.1-flash"),
        (
            f"This model models/{MODEL} is no longer available. Please update your code to use a "
            "newer model for the latest features and improvements.",
            "no-longer-available",
            None,
        ),
        (UNKNOWN, "not-found", None),
        (NO_ACCESS, "not-found", None),
        (f"Model is not found: models/{MODEL} for api version v1beta", "not-found", None),
    ],
)
def test_a_404_says_gone_or_unknown(
    text: str, state: str, replacement: str | None, wrapped: bool
) -> None:
    body: object = error(404, text, "NOT_FOUND")
    for provider in (gemini, agent_platform):
        got = provider.read_model(answer([body] if wrapped else body, 404), MODEL, NOW)
        assert isinstance(got, OfficialModel)
        assert (got.state, got.replacement, got.observed_at) == (state, replacement, NOW)
        assert got.text is not None
        assert got.text[:60] == text[:60]


@pytest.mark.parametrize(
    "body",
    [
        "<html><title>Error 404 (Not Found)!!1</title>",
        "This page is no longer available",
        {"detail": "Not Found"},
        {"error": {"message": f"{MODEL} is no longer available"}},
        error(404, "Method not found.", "NOT_FOUND"),
        error(404, "Requested entity was not found.", "NOT_FOUND"),
    ],
)
def test_another_404_is_no_word_about_the_model(body: object) -> None:
    for provider in (gemini, agent_platform):
        got = provider.read_model(answer(body, 404), MODEL, NOW)
        assert isinstance(got, Failure)
        assert got.code == "refused"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"name": "models/another-model"},
        {"name": f"models/{MODEL}-extra"},
        {"name": 5},
        "<html>",
    ],
)
def test_an_answer_about_something_else_is_no_evidence(body: object) -> None:
    for provider in (gemini, agent_platform):
        got = provider.read_model(answer(body), MODEL, NOW)
        assert isinstance(got, Failure)
        assert got.code == "unreadable"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (INVALID_KEY, 400, "key-refused"),
        ([INVALID_KEY], 400, "key-refused"),
        (
            error(400, "API key expired. Please renew the API key.", "INVALID_ARGUMENT"),
            400,
            "key-refused",
        ),
        (
            error(401, "Request had invalid authentication credentials.", "UNAUTHENTICATED"),
            401,
            "key-refused",
        ),
        (error(403, "blocked", "PERMISSION_DENIED"), 403, "refused"),
        (error(400, "Invalid resource field value.", "INVALID_ARGUMENT"), 400, "refused"),
        (error(429, "Resource has been exhausted", "RESOURCE_EXHAUSTED"), 429, "rate-limited"),
        (error(503, "overloaded", "UNAVAILABLE"), 503, "server-error"),
    ],
)
def test_errors_that_are_not_about_the_model(body: object, status: int, code: str) -> None:
    for provider in (gemini, agent_platform):
        got = provider.read_model(answer(body, status), MODEL, NOW)
        assert isinstance(got, Failure)
        assert got.code == code


@pytest.mark.parametrize(
    ("body", "status", "state"),
    [
        ({"name": f"models/{MODEL}"}, 200, "accepted"),
        (error(404, GONE, "NOT_FOUND"), 404, "accepted"),
        (INVALID_KEY, 400, "refused"),
        (error(401, "x", "UNAUTHENTICATED"), 401, "refused"),
        (error(403, "API_KEY_SERVICE_BLOCKED", "PERMISSION_DENIED"), 403, "denied"),
    ],
)
def test_the_same_answer_tells_about_the_key(body: object, status: int, state: str) -> None:
    got = google_errors.read_key_answer(answer(body, status), MODEL)
    assert isinstance(got, KeyAnswer)
    assert (got.state, got.status) == (state, status)


@pytest.mark.parametrize(
    ("body", "status"),
    [("<html>", 200), ({}, 200), ("<html>", 404), ({}, 404), ({}, 400), ("", 500)],
)
def test_an_unclear_answer_says_nothing_about_the_key(body: object, status: int) -> None:
    assert isinstance(google_errors.read_key_answer(answer(body, status), MODEL), Failure)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Please update your code to use models/veo-3.1-generate-001 for", "veo-3.1-generate-001"),
        ("Please use `gemini-omni-1.2-flash` instead.", "gemini-omni-1.2-flash"),
        ("Use gemini-omni-1.1-flash.", "gemini-omni-1.1-flash"),
        ("please use a newer model", None),
        ("use the Interactions API", None),
        ("use state-of-the-art models", None),
        ("", None),
    ],
)
def test_the_replacement_is_the_id_that_the_text_names(text: str, named: str | None) -> None:
    assert google_errors.replacement(ErrorBody(text)) == named


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://g.example", f"https://g.example/v1beta/models/{MODEL}"),
        ("https://g.example/v1beta", f"https://g.example/v1beta/models/{MODEL}"),
        ("https://g.example/v1", f"https://g.example/v1/models/{MODEL}"),
    ],
)
def test_where_the_gemini_api_is_asked(base: str, url: str) -> None:
    assert gemini.model_ask(base, MODEL, KEY).url == url


def test_where_the_agent_platform_is_asked() -> None:
    for base in ("https://v.example", "https://v.example/v1", "https://v.example/v1beta1"):
        (ask,) = agent_platform.publisher_model_asks(base, MODEL, KEY)
        assert ask.url == f"https://v.example/v1beta1/publishers/google/models/{MODEL}"
        assert ask.headers == {}
        counted, bare = agent_platform.publisher_model_asks(base, MODEL, KEY, "p-1")
        assert counted == replace(bare, headers={"x-goog-user-project": "p-1"})
        assert bare == ask


def test_a_model_id_cannot_leave_its_place_in_the_path() -> None:
    assert gemini.model_ask("https://g.example", "a/../b:predict", KEY).url == (
        "https://g.example/v1beta/models/a%2F..%2Fb%3Apredict"
    )


def listing(clock: FakeClock, pages: dict[str, object]) -> tuple[OfficialModel, ...] | Failure:
    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=pages[request.url.params.get("pageToken", "")])

    keys = Keys({"GEMINI_KEY": "AIza-some-key-value"}, Redactor())
    door = HttpClient(
        leave=AllowList(), clock=clock, keys=keys, transport=httpx.MockTransport(serve)
    )
    return gemini.list_models(door, gemini.DEFAULT_URL, KEY, NOW)


def test_the_listing_is_read_page_by_page(clock: FakeClock) -> None:
    pages = {
        "": {"models": [{"name": "models/a"}, {"name": "odd"}], "nextPageToken": "2"},
        "2": {"models": [{"name": "models/b", "supportedGenerationMethods": ["m"]}]},
    }
    got = listing(clock, pages)
    assert isinstance(got, tuple)
    assert [(one.model, one.methods, one.exchanges) for one in got] == [
        ("a", (), ("x1",)),
        ("b", ("m",), ("x2",)),
    ]


def test_a_listing_that_never_ends_is_given_up(clock: FakeClock) -> None:
    endless = {"models": [], "nextPageToken": "1"}
    pages: dict[str, object] = {str(n): {**endless, "nextPageToken": str(n + 1)} for n in range(50)}
    got = listing(clock, {"": {**endless, "nextPageToken": "0"}, **pages})
    assert got == Failure(
        "unreadable",
        "the answer of generativelanguage.googleapis.com/v1beta/models cannot be used: it goes on "
        "after 20 pages",
        "x20",
        True,
    )


def test_a_page_that_is_no_listing_is_unreadable(clock: FakeClock) -> None:
    got = listing(clock, {"": {"items": []}})
    assert isinstance(got, Failure)
    assert got.code == "unreadable"
    assert PLACE not in got.detail


@pytest.mark.parametrize(
    ("credential", "status", "body", "said"),
    [
        ("old-api-key", 400, INVALID_KEY, "refuses API keys that begin AIza since September 2026"),
        ("api-key", 400, INVALID_KEY, "put a working key into the variable"),
        (
            "other",
            401,
            error(401, "Request had invalid authentication credentials.", "UNAUTHENTICATED"),
            "gcloud auth print-access-token",
        ),
        (
            "api-key",
            401,
            error(401, "API keys are not supported by this API. Expected OAuth2", "X"),
            "gcloud auth print-access-token",
        ),
    ],
)
def test_a_refused_key_says_what_is_wrong_with_it_and_what_to_do(
    credential: CredentialKind, status: int, body: object, said: str
) -> None:
    reply = answer(body, status, credential=credential)
    for got in (
        gemini.read_model(reply, MODEL, NOW),
        agent_platform.read_publisher_model(reply, MODEL, NOW),
    ):
        assert isinstance(got, Failure)
        assert (got.code, said in got.detail) == ("key-refused", True)
