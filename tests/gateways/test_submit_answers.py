"""Refused or uncertain: the line that decides whether a paid request may ever be sent again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from job_world import (
    KEYS,
    MODEL,
    SENTENCES,
    Network,
    agent_platform,
    driver,
    flatkey,
    gemini,
    no,
    ok,
    proxy,
    request,
)
from veo_check.core.jobs import Submission
from veo_check.gateways.base import JobEndpoint
from veo_check.http.keys import KeyName

GONE = (
    f"This model models/{MODEL} is no longer available. Please update your code to use "
    "models/gemini-omni-1.1-flash for the latest features."
)
UNKNOWN = (
    f"models/{MODEL} is not found for API version v1beta, or is not supported for "
    "predictLongRunning. Call ListModels to see the list of available models."
)
NO_ACCESS = (
    f"Publisher Model `projects/p/locations/us-central1/publishers/google/models/{MODEL}` was not "
    "found or your project does not have access to it."
)
DURATION_TYPE = (
    "The value type for `durationSeconds` needs to be a number. Please adjust your request "
    "accordingly."
)
DURATION_RANGE = (
    "The number value for `durationSeconds` is out of bound. Please provide a value between 4 and "
    "8, inclusive."
)
COMBINATION = (
    "Your use case is currently not supported.  Please refer to Gemini API documentation for "
    "current model offering."
)


def google(code: int, message: str, status: str, **more: object) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, **more}}


def routed(message: str, code: str = "") -> dict[str, Any]:
    return {
        "error": {
            "message": f"{message} (request id: abc)",
            "type": "new_api_error",
            "code": code,
        }
    }


def task(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "data": None}


def litellm(name: str, inner: dict[str, Any] | str, code: int, kind: str) -> dict[str, Any]:
    text = inner if isinstance(inner, str) else json.dumps(inner)
    message = (
        f"litellm.{name}: GeminiException - {text}\n\nLiteLLM: model group 'veo-fast' failed with "
        "the error above. No fallback was attempted."
    )
    return {"error": {"message": message, "type": kind, "param": None, "code": str(code)}}


EXHAUSTED = google(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED")
INVALID_KEY = google(
    400,
    "API key not valid. Please pass a valid API key.",
    "INVALID_ARGUMENT",
    details=[{"reason": "API_KEY_INVALID"}],
)
PROVISIONING = (
    "Service agents are being provisioned (https://cloud.google.com/). Service agents are needed "
    "to read the Cloud Storage file provided. So please try again in a few minutes."
)
DISABLED = google(
    403,
    "Agent Platform API has not been used in project 12 before or it is disabled.",
    "PERMISSION_DENIED",
    details=[{"reason": "SERVICE_DISABLED"}],
)
#: an upstream's body as Python prints bytes
PRINTED = json.dumps(google(400, DURATION_RANGE, "INVALID_ARGUMENT"), indent=2).replace("\n", "\\n")
BUSY = "\u5f53\u524d\u5206\u7ec4\u4e0a\u6e38\u8d1f\u8f7d\u5df2\u9971\u548c"
#: FastAPI's
UNPROCESSABLE = {
    "detail": [{"type": "missing", "loc": ["body", "prompt"], "msg": "Field required"}]
}

REFUSED: list[tuple[JobEndpoint, httpx.Response, str, bool]] = [
    (gemini(), no(404, google(404, GONE, "NOT_FOUND")), "model-retired", True),
    (gemini(), no(404, [google(404, GONE, "NOT_FOUND")]), "model-retired", True),
    (gemini(), no(404, google(404, UNKNOWN, "NOT_FOUND")), "model-unknown", True),
    (agent_platform(), no(404, google(404, NO_ACCESS, "NOT_FOUND")), "model-unknown", True),
    (gemini(), no(400, INVALID_KEY), "key-refused", False),
    (agent_platform(), no(401, google(401, "bad", "UNAUTHENTICATED")), "token-refused", False),
    (agent_platform(), no(403, google(403, "denied", "PERMISSION_DENIED")), "access-denied", False),
    (gemini(), no(429, EXHAUSTED), "rate-limited", False),
    (gemini(), no(400, google(400, DURATION_TYPE, "INVALID_ARGUMENT")), "duration-refused", True),
    (gemini(), no(400, google(400, DURATION_RANGE, "INVALID_ARGUMENT")), "duration-refused", True),
    (
        gemini(),
        no(400, google(400, COMBINATION, "INVALID_ARGUMENT")),
        "combination-unsupported",
        False,
    ),
    (
        gemini(),
        no(400, google(400, "`negativePrompt` isn't supported by this model.", "INVALID_ARGUMENT")),
        "parameter-refused",
        True,
    ),
    (
        gemini(),
        no(
            400,
            google(
                400, "Frame interpolation is not allowlisted for project", "FAILED_PRECONDITION"
            ),
        ),
        "not-allowlisted",
        False,
    ),
    (gemini(), no(400, google(400, "Something else.", "INVALID_ARGUMENT")), "refused", False),
    (flatkey(), no(401, routed("Invalid token")), "key-refused", False),
    (flatkey(), no(403, routed("no", "insufficient_user_quota")), "no-quota", False),
    (flatkey(), no(403, task("insufficient_user_quota", "required pre-deduct")), "no-quota", False),
    (flatkey(), no(403, task("pre_consume_token_quota_failed", "cap")), "no-quota", False),
    (flatkey(), no(403, routed("denied", "access_denied")), "access-denied", False),
    (flatkey(), no(403, routed("This token has no access to model X")), "model-not-allowed", False),
    (
        flatkey(),
        no(503, routed("No available channel for model X under group plg", "model_not_found")),
        "no-channel",
        False,
    ),
    (flatkey(), no(404, routed("model_not_found", "model_not_found")), "model-unknown", False),
    (flatkey(), no(400, task("model_price_error", "not been priced")), "not-priced", False),
    (flatkey(), no(400, task("video_price_not_configured", "no")), "not-priced", False),
    (flatkey(), no(400, task("invalid_request", "prompt is required")), "refused", False),
    (flatkey(), no(404, routed("Invalid URL (POST /v1/videos)")), "family-not-routed", False),
    (
        flatkey(),
        no(404, task("fail_to_fetch_task", json.dumps(google(404, GONE, "NOT_FOUND")))),
        "model-retired",
        True,
    ),
    (
        flatkey(),
        no(400, task("fail_to_fetch_task", json.dumps(google(400, DURATION_TYPE, "X")))),
        "duration-refused",
        True,
    ),
    # the gateway's own key at its upstream, not ours
    (flatkey(), no(400, task("fail_to_fetch_task", json.dumps(INVALID_KEY))), "gateway-key", False),
    (
        flatkey(),
        no(403, task("fail_to_fetch_task", json.dumps(google(403, "no", "PERMISSION_DENIED")))),
        "gateway-key",
        False,
    ),
    (
        flatkey(),
        no(400, task("fail_to_fetch_task", json.dumps(google(400, "no", "FAILED_PRECONDITION")))),
        "gateway-key",
        False,
    ),
    (
        flatkey(),
        no(401, task("fail_to_fetch_task", json.dumps(google(401, "no", "UNAUTHENTICATED")))),
        "gateway-key",
        False,
    ),
    (
        flatkey(),
        no(400, task("fail_to_fetch_task", json.dumps(google(400, PROVISIONING, "X")))),
        "provisioning",
        False,
    ),
    (flatkey(), no(429, task("fail_to_fetch_task", BUSY)), "rate-limited", False),
    (flatkey(), no(429, task("get_channel_failed", "concurrency")), "rate-limited", False),
    (flatkey(), no(429), "rate-limited", False),  # the limiter's own: no body
    (
        proxy(),
        no(
            400,
            {"error": {"message": "Invalid model name passed in model=veo-fast", "code": "400"}},
        ),
        "model-unknown",
        True,
    ),
    (
        proxy(),
        no(
            404,
            litellm("NotFoundError", google(404, GONE, "NOT_FOUND"), 404, "invalid_request_error"),
        ),
        "model-retired",
        True,
    ),
    (
        proxy(),
        no(401, litellm("AuthenticationError", INVALID_KEY, 401, "authentication_error")),
        "gateway-key",
        False,
    ),
    (
        proxy(),
        no(401, litellm("AuthenticationError", "API key expired", 401, "authentication_error")),
        "gateway-key",
        False,
    ),
    (
        proxy(),
        no(403, litellm("PermissionDeniedError", google(403, "no", "X"), 403, "x")),
        "gateway-key",
        False,
    ),
    (
        proxy(),
        no(403, litellm("PermissionDeniedError", DISABLED, 403, "x")),
        "api-disabled",
        False,
    ),
    (
        proxy(),
        no(401, {"error": {"message": "Authentication Error, Invalid proxy server token passed"}}),
        "key-refused",
        False,
    ),
    (
        proxy(),
        no(400, {"error": {"message": "Budget has been exceeded!", "type": "budget_exceeded"}}),
        "no-quota",
        False,
    ),
    (
        proxy(),
        no(400, {"error": {"message": "litellm: vertex_project is required", "code": "400"}}),
        "gateway-misconfigured",
        False,
    ),
    (
        proxy(),
        no(
            400,
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 400,
                    "metadata": {"raw": json.dumps(google(400, DURATION_RANGE, "X"))},
                }
            },
        ),
        "duration-refused",
        True,
    ),
    (
        proxy(),
        no(
            400,
            {"error": {"message": f"Vertex_aiException - b'{PRINTED}'", "code": "400"}},
        ),
        "duration-refused",
        True,
    ),
    (proxy(), no(403, {"error": {"message": "Key limit exceeded."}}), "no-quota", False),
    (proxy(), no(404, {"error": {"message": "No endpoints found for x."}}), "no-channel", False),
    (
        proxy(),
        no(400, {"error": {"message": "google/veo-fast is not a valid model ID"}}),
        "model-unknown",
        True,
    ),
    (
        proxy(),
        no(400, {"error": {"message": "", "code": "moderation_blocked"}}),
        "filtered",
        False,
    ),
    (gemini(), no(400, google(400, "Blocked by our safety filter.", "X")), "filtered", False),
    (
        gemini(),
        no(403, google(403, "It was reported as leaked.", "X")),
        "key-refused",
        False,
    ),
    (agent_platform(), no(403, DISABLED), "api-disabled", False),
    (gemini(), no(400, google(400, PROVISIONING, "FAILED_PRECONDITION")), "provisioning", False),
    (
        proxy(),
        no(400, {"error": {"message": "No connected db.", "type": "no_db_connection"}}),
        "key-refused",
        False,
    ),
    (
        proxy(),
        no(429, litellm("RateLimitError", EXHAUSTED, 429, "throttling_error")),
        "rate-limited",
        False,
    ),
    (
        proxy(),
        no(429, {"error": {"message": "x", "type": "all_deployments_in_cooldown", "code": "429"}}),
        "cooling-down",
        False,
    ),
    (
        proxy(),
        no(402, {"error": {"message": "pay", "code": "insufficient_balance"}}),
        "no-quota",
        False,
    ),
    (proxy(), no(402, {"error": "Your account has no credits."}), "no-quota", False),
    (flatkey(), no(402, routed("Payment required")), "no-quota", False),
    (proxy(), no(422, {"detail": "odd"}), "refused", False),
    (proxy(), no(422, UNPROCESSABLE), "refused", False),
    (
        flatkey(),
        no(422, task("invalid_request", "`seconds` is not supported")),
        "duration-refused",
        True,
    ),
]


@pytest.mark.parametrize(("place", "reply", "symptom", "named"), REFUSED)
def test_a_known_refusal_sent_nothing_and_has_a_name(
    place: JobEndpoint, reply: httpx.Response, symptom: str, named: bool, clock: FakeClock
) -> None:
    network = Network(reply)
    got = driver(place, network, clock).submit(request(place.label))
    assert (got.state, got.symptom, got.names_the_mistake) == ("refused", symptom, named)
    assert (got.status_code, got.operation, got.exchanges) == (reply.status_code, None, ("x1",))
    assert len(network.requests) == 1


@pytest.mark.parametrize(("symptom", "sentence"), SENTENCES)
@pytest.mark.parametrize("status", [400, 429])
@pytest.mark.parametrize("place", [agent_platform(), gemini(), flatkey(), proxy()])
def test_each_of_googles_sentences_is_named_wherever_it_comes_from(
    place: JobEndpoint, status: int, symptom: str, sentence: str, clock: FakeClock
) -> None:
    body: object = google(status, sentence, "INVALID_ARGUMENT")
    if place.gateway == "flatkey":
        body = task("fail_to_fetch_task", json.dumps(body))
    elif place.gateway == "openai":
        body = litellm("BadRequestError", json.dumps(body), status, "invalid_request_error")
    got = driver(place, Network(no(status, body)), clock).submit(request(place.label))
    waits = status == 429 and symptom not in {"wrong-method", "interactions-only"}
    assert got.state == "refused"
    assert got.symptom == ("rate-limited" if waits else symptom)
    assert got.text is not None
    assert got.text.startswith(sentence[:150])


def test_a_reason_without_a_telling_sentence_is_named(clock: FakeClock) -> None:
    details = [{"reason": "RESOURCE_PROJECT_INVALID", "domain": "googleapis.com"}]
    body = google(400, "Invalid resource field value.", "INVALID_ARGUMENT", details=details)
    through = task("fail_to_fetch_task", json.dumps(body))
    for place, sent in ((agent_platform(), body), (flatkey(), through)):
        got = driver(place, Network(no(400, sent)), clock).submit(request(place.label))
        assert (got.state, got.symptom) == ("refused", "project-mismatch")


def test_a_credential_of_the_wrong_kind_is_not_a_bad_key(clock: FakeClock) -> None:
    words = "API keys are not supported by this API. Expected OAuth2 access token."
    body = google(401, words, "UNAUTHENTICATED")
    got = driver(agent_platform(), Network(no(401, body)), clock).submit(request())
    assert (got.state, got.symptom) == ("refused", "wrong-credential")


def test_the_real_answer_beside_a_string_error_is_quoted(clock: FakeClock) -> None:
    """HTTP 500 whose `message` is JSON text: uncertain all the same, but with Google's words."""
    inner = google(400, DURATION_RANGE, "INVALID_ARGUMENT")
    for beside in (json.dumps(inner), f"upstream: {json.dumps(inner)}", json.dumps([inner])):
        reply = no(500, {"error": "Internal Server Error", "message": beside})
        got = driver(flatkey(), Network(reply), clock).submit(request("veo3.1-fast"))
        assert (got.state, got.text) == ("uncertain", DURATION_RANGE)


UNCERTAIN: list[httpx.Response | Exception] = [
    no(500, google(500, "internal", "INTERNAL")),
    no(500, task("build_request_failed", "json")),
    no(500, "Internal Server Error"),
    no(502, "<html>Bad gateway</html>"),
    no(503, google(503, "The model is overloaded.", "UNAVAILABLE")),
    no(503, task("fail_to_fetch_task", "upstream said 503")),
    no(503, "no healthy upstream"),
    no(503),
    no(504, "timeout"),
    no(408),
    no(409, {"error": {"message": "conflict"}}),
    no(402, "<html>Pay</html>"),
    no(402, {}),
    no(422, "no"),
    no(422, {"detail": []}),
    no(400, "<html>Bad request</html>"),
    no(400, ""),
    no(401, "Unauthorized"),
    no(403, "<html>Blocked by the firewall</html>"),
    no(404, "<html>Not here</html>"),
    no(404),
    no(429, "<html>slow down</html>"),
    no(302, "", location="https://elsewhere.example/"),
    no(204),
    no(202, {"name": "x"}),
    httpx.Response(200, text="<html>Sign in</html>"),
    httpx.Response(200, text=""),
    ok({}),
    ok([]),
    ok({"error": {"message": "accepted, but odd"}}),
    ok({"name": "models/x/operations/../../escape"}),
    ok({"name": 5, "id": None}),
    ok({"id": "a b"}),
    httpx.ReadTimeout("silence"),
    httpx.ReadError("reset"),
    httpx.WriteError("broken pipe"),
    httpx.WriteTimeout("stuck"),
    httpx.RemoteProtocolError("disconnected without a response"),
]


@pytest.mark.parametrize("reply", UNCERTAIN)
@pytest.mark.parametrize("place", [gemini(), agent_platform(), flatkey(), proxy()])
def test_everything_else_is_uncertain_and_sent_once(
    place: JobEndpoint, reply: httpx.Response | Exception, clock: FakeClock
) -> None:
    network = Network(reply)
    got = driver(place, network, clock).submit(request(place.label))
    assert (got.state, got.symptom, got.operation) == ("uncertain", "submit-uncertain", None)
    assert got.exchanges == ("x1",)
    assert (len(network.requests), clock.sleeps) == (1, [])


@pytest.mark.parametrize("reply", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")])
def test_without_a_connection_nothing_was_sent(reply: Exception, clock: FakeClock) -> None:
    network = Network(reply)
    got = driver(flatkey(), network, clock).submit(request("veo3.1-fast"))
    assert (got.state, got.code, got.symptom) == ("not-sent", "unreachable", None)
    assert len(network.requests) == 1


def test_a_refused_host_was_not_asked(clock: FakeClock) -> None:
    network = Network(ok({}))
    place = JobEndpoint(
        "newapi", "videos", "x", MODEL, "l", "https://evil.example", "x", flatkey().key
    )
    got = driver(place, network, clock).submit(request("l"))
    assert (got.state, got.code, got.symptom) == ("not-sent", "host-refused", "host-refused")
    assert network.requests == []


def test_a_retirement_names_its_replacement_and_a_limit_its_wait(clock: FakeClock) -> None:
    network = Network(no(404, google(404, GONE, "NOT_FOUND")))
    got = driver(gemini(), network, clock).submit(request())
    assert got.replacement == "gemini-omni-1.1-flash"
    assert got.text is not None
    assert got.text.startswith("This model models/veo-3.1-fast-generate-001 is no longer")
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "41s"}
    quota = google(429, "quota", "RESOURCE_EXHAUSTED", details=[retry])
    for place, reply, wait in [
        (gemini(), no(429, quota), 41.0),
        (flatkey(), no(429, task("fail_to_fetch_task", json.dumps(quota))), 41.0),
        (proxy(), no(429, EXHAUSTED, retry_after="5"), 5.0),
        (gemini(), no(429, EXHAUSTED), None),
    ]:
        assert driver(place, Network(reply), clock).submit(request(place.label)).retry_after == wait


def test_refusals_hold_no_keys(clock: FakeClock) -> None:
    text = "Incorrect API key provided: sk-flatkey-key-value. Bearer abcdefgh12345"
    network = Network(no(401, routed(text)))
    got: Submission = driver(flatkey(), network, clock).submit(request("veo3.1-fast"))
    assert got.text == "Incorrect API key provided: [redacted]. Bearer [redacted] (request id: abc)"


@pytest.mark.parametrize(
    ("key", "status", "body", "symptom"),
    [
        ("AIza-of-old", 400, INVALID_KEY, "old-api-key"),
        ("AIza-of-old", 401, google(401, "bad", "UNAUTHENTICATED"), "old-api-key"),
        ("AQ.a-key", 400, INVALID_KEY, "key-refused"),
        ("AQ.a-key", 401, google(401, "bad", "UNAUTHENTICATED"), "key-refused"),
        ("ya29.expired", 401, google(401, "bad", "UNAUTHENTICATED"), "token-refused"),
        (
            "AQ.a-key",
            401,
            google(401, "API keys are not supported by this API. Expected OAuth2", "X"),
            "wrong-credential",
        ),
    ],
)
@pytest.mark.parametrize("surface", ["agent-platform", "gemini-api"])
def test_what_is_wrong_with_a_key_that_google_refuses(
    key: str,
    status: int,
    body: dict[str, Any],
    symptom: str,
    surface: str,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = agent_platform() if surface == "agent-platform" else gemini()
    assert place.key is not None
    monkeypatch.setitem(KEYS, str(place.key.variable), key)
    if surface == "agent-platform":
        place = replace(place, key=KeyName("GOOGLE_TOKEN", "google"))
    network = Network(no(status, body))
    assert driver(place, network, clock).submit(request(place.label)).symptom == symptom


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"errors": [{"title": "No such plan", "hint": "x"}]}, "No such plan"),
        ({"error": {"errors": ["odd words"]}}, "odd words"),
        ({"result": "denied for a reason"}, "denied for a reason"),
        ("plain words", "plain words"),
    ],
)
@pytest.mark.parametrize("status", [400, 403, 418, 500, 503])
def test_the_words_of_an_answer_of_no_known_shape_are_kept(
    body: Any, said: str, status: int, clock: FakeClock
) -> None:
    got = driver(flatkey(), Network(no(status, body)), clock).submit(request())
    assert got.text is not None
    assert said in got.text


def test_every_reason_of_a_422_is_quoted_with_its_place(clock: FakeClock) -> None:
    detail = [
        {"loc": ["body", "duration"], "msg": "Input should be '4s', '6s' or '8s'"},
        {"loc": ["body", "size"], "msg": "Field required"},
    ]
    got = driver(proxy(), Network(no(422, {"detail": detail})), clock).submit(request())
    assert got.text == (
        "body.duration: Input should be '4s', '6s' or '8s'; body.size: Field required"
    )
