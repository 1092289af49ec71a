"""Google as the sandbox plays it: listings, submits, polls, downloads, and every refusal."""

from __future__ import annotations

import base64
from datetime import date

import httpx
import pytest

from sandbox_box import AGENT_PLATFORM, GEMINI, PUBLISHER, Box
from veo_check.sandbox.media import mp4

JUNE = date(2026, 6, 17)


def message(response: httpx.Response) -> str:
    return str(response.json()["error"]["message"])


def test_the_gemini_listing_follows_the_day() -> None:
    june = Box("article-2026-06-17").get(f"{GEMINI}/v1beta/models").json()["models"]
    november = Box("healthy").get(f"{GEMINI}/v1beta/models").json()["models"]
    assert [row["name"] for row in june] == [
        "models/veo-3.1-generate-preview",
        "models/veo-3.1-fast-generate-preview",
        "models/veo-3.1-lite-generate-preview",
        "models/veo-3.0-generate-001",
        "models/veo-3.0-fast-generate-001",
        "models/veo-2.0-generate-001",
        "models/gemini-3.5-flash",
    ]
    assert june[0]["supportedGenerationMethods"] == ["predictLongRunning"]
    assert [row["name"] for row in november] == [
        "models/gemini-3.5-flash",
        "models/gemini-omni-1.1-flash",
        "models/gemini-omni-1.2-flash",
    ]


def test_the_gemini_listing_has_pages() -> None:
    box = Box("article-2026-06-17")
    first = box.get(f"{GEMINI}/v1beta/models?pageSize=5").json()
    second = box.get(f"{GEMINI}/v1beta/models?pageSize=5&pageToken=5").json()
    assert (len(first["models"]), first["nextPageToken"]) == (5, "5")
    assert (len(second["models"]), "nextPageToken" in second) == (2, False)
    assert box.get(f"{GEMINI}/v1beta/models?pageSize=none").status_code == 400


def test_a_shut_down_model_names_its_replacement() -> None:
    answer = Box("healthy").get(f"{GEMINI}/v1beta/models/veo-3.1-generate-preview")
    assert answer.status_code == 404
    assert message(answer) == (
        "This model models/veo-3.1-generate-preview is no longer available. Please update your "
        "code to use models/gemini-omni-1.1-flash for the latest features and improvements. We "
        "recommend you to use the Interactions API "
        "(https://ai.google.dev/gemini-api/docs/get-started)."
    )


def test_an_unknown_model_is_not_found() -> None:
    answer = Box("healthy").gemini("veo-9")
    assert (answer.status_code, message(answer)) == (
        404,
        "models/veo-9 is not found for API version v1beta, or is not supported for "
        "predictLongRunning. Call ListModels to see the list of available models and their "
        "supported methods.",
    )


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({"x-goog-api-key": "wrong"}, 400, "API_KEY_INVALID"),
        ({"authorization": "Bearer AQ.vcsandboxgemini"}, 403, "PERMISSION_DENIED"),
        ({}, 403, "PERMISSION_DENIED"),
    ],
)
def test_the_gemini_api_wants_its_own_header(
    headers: dict[str, str], status: int, reason: str
) -> None:
    answer = Box("healthy").client.get(f"{GEMINI}/v1beta/models", headers=headers)
    assert answer.status_code == status
    assert reason in answer.text


def test_the_key_may_be_in_the_query() -> None:
    box = Box("healthy")
    key = box.world.keys["gemini-api"]
    assert box.client.get(f"{GEMINI}/v1beta/models?key={key}").status_code == 200


def test_the_agent_platform_wants_an_access_token() -> None:
    box = Box("healthy")
    url = f"{AGENT_PLATFORM}/v1beta1/publishers/google/models"
    answer = box.client.get(url, headers={"authorization": "Bearer ya29.expired"})
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    offered = box.get(url).json()["publisherModels"]
    assert [(row["name"].rsplit("/", 1)[1], row["launchStage"]) for row in offered] == [
        ("veo-3.1-generate-001", "GA"),
        ("veo-3.1-fast-generate-001", "GA"),
        ("veo-3.1-lite-generate-001", "PUBLIC_PREVIEW"),
        ("gemini-omni-1.1-flash-preview", "PUBLIC_PREVIEW"),
        ("gemini-omni-1.2-flash", "GA"),
    ]


def test_the_agent_platform_names_the_project_that_asked() -> None:
    box = Box("veo-retired")
    answer = box.get(f"{AGENT_PLATFORM}/v1/{PUBLISHER}/veo-3.1-generate-001")
    assert answer.status_code == 404
    assert message(answer).startswith(
        f"Publisher Model `{PUBLISHER}/veo-3.1-generate-001` was not found or your project does "
        "not have access to it. Please ensure you are using a valid model version."
    )


def test_a_job_on_the_agent_platform() -> None:
    box = Box("healthy")
    name = box.predict(durationSeconds=8, resolution="1080p", sampleCount=2).json()["name"]
    assert name.startswith(f"{PUBLISHER}/veo-3.1-fast-generate-001/operations/")
    assert box.fetch(name).json() == {"name": name}
    assert box.spent == "0"
    box.finish()
    done = box.fetch(name).json()
    assert (done["done"], done["response"]["raiMediaFilteredCount"]) == (True, 0)
    videos = done["response"]["videos"]
    assert [base64.b64decode(video["bytesBase64Encoded"]) for video in videos] == [
        mp4(8, 1920, 1080)
    ] * 2
    assert box.spent == "1.92"


def test_a_job_on_the_gemini_api() -> None:
    box = Box("article-2026-06-17")
    name = box.gemini(durationSeconds=4, resolution="720p", aspectRatio="9:16").json()["name"]
    assert name.startswith("models/veo-3.1-fast-generate-preview/operations/")
    assert box.get(f"{GEMINI}/v1beta/{name}").json() == {"name": name}
    box.finish()
    done = box.get(f"{GEMINI}/v1beta/{name}").json()
    (sample,) = done["response"]["generateVideoResponse"]["generatedSamples"]
    uri = sample["video"]["uri"]
    assert uri.startswith(f"{GEMINI}/v1beta/files/")
    assert uri.endswith(":download?alt=media")
    assert box.client.get(uri).status_code == 403
    file = box.get(uri)
    assert (file.headers["content-type"], file.content) == ("video/mp4", mp4(4, 720, 1280))
    assert box.spent == "0.40"


def test_audio_can_be_switched_off_on_the_agent_platform_only() -> None:
    box = Box("healthy")
    name = box.predict(generateAudio=False, durationSeconds=4).json()["name"]
    box.finish()
    (video,) = box.fetch(name).json()["response"]["videos"]
    assert base64.b64decode(video["bytesBase64Encoded"]) == mp4(4, 1280, 720, audio=False)
    refused = Box("article-2026-06-17").gemini(generateAudio=False)
    assert message(refused) == "`generateAudio` isn't supported by this model."


COMBINATION = (
    "Your use case is currently not supported.  Please refer to Gemini API documentation for "
    "current model offering."
)
BOUND = "The number value for `durationSeconds` is out of bound. "
TYPE = "The value type for `durationSeconds` needs to be a number. "


@pytest.mark.parametrize(
    ("model", "parameters", "text"),
    [
        ("veo-3.1-fast-generate-001", {"durationSeconds": "8"}, TYPE),
        ("veo-3.1-fast-generate-001", {"durationSeconds": True}, TYPE),
        ("veo-3.1-fast-generate-001", {"durationSeconds": 4, "resolution": "1080p"}, COMBINATION),
        ("veo-3.1-fast-generate-001", {"resolution": "480p"}, COMBINATION),
        ("veo-3.1-fast-generate-001", {"aspectRatio": "1:1"}, COMBINATION),
        ("veo-3.1-fast-generate-001", {"personGeneration": "anyone"}, COMBINATION),
        ("veo-3.1-lite-generate-001", {"resolution": "4k"}, COMBINATION),
        ("veo-3.1-fast-generate-001", {"sampleCount": 5}, "The number value for `sampleCount`"),
        ("veo-3.1-fast-generate-001", {"sampleCount": "1"}, "The value type for `sampleCount`"),
    ],
)
def test_what_is_outside_the_limits_is_refused_and_not_charged(
    model: str, parameters: dict[str, object], text: str
) -> None:
    box = Box("healthy")
    answer = box.predict(model, **parameters)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert message(answer).startswith(text)
    box.finish()
    assert [submit.status for submit in box.world.ledger.submits] == [400]
    assert (box.world.ledger.accepted, box.spent) == ([], "0")


@pytest.mark.parametrize("seconds", [5, 7, 9, 12])
def test_a_wrong_duration_is_refused_inside_the_operation_there(seconds: int) -> None:
    box = Box("healthy")
    answer = box.predict(durationSeconds=seconds)
    assert answer.status_code == 200
    box.finish()
    done = box.fetch(answer.json()["name"]).json()
    assert (done["done"], done["error"]) == (
        True,
        {
            "code": 3,
            "message": f"Unsupported output video duration {seconds} seconds, supported durations "
            "are [8,4,6] for feature text_to_video.",
        },
    )
    assert box.spent == "0"
    refused = Box("article-2026-06-17").gemini(durationSeconds=seconds)
    assert (refused.status_code, message(refused).startswith(BOUND)) == (400, True)


@pytest.mark.parametrize("body", [[], {"instances": []}, {"instances": [{}]}, {"instances": 3}])
def test_a_body_without_a_request_is_refused(body: object) -> None:
    box = Box("healthy")
    url = f"{AGENT_PLATFORM}/v1/{PUBLISHER}/veo-3.1-generate-001:predictLongRunning"
    assert box.post(url, body).status_code == 400


@pytest.mark.parametrize(
    ("scenario", "status", "text"),
    [
        ("job-retired", 404, "is no longer available"),
        ("job-publisher-not-found", 404, "was not found or your project does not have access"),
        ("job-unknown-id", 404, "or is not supported for predictLongRunning"),
        ("job-429", 429, "Resource has been exhausted (e.g. check quota)."),
        ("job-429-retry-info", 429, "You exceeded your current quota"),
        ("job-duration-type", 400, "needs to be a number"),
        ("job-unsupported-combination", 400, "Your use case is currently not supported."),
    ],
)
def test_refusals_of_a_submit(scenario: str, status: int, text: str) -> None:
    box = Box(scenario)
    listed = box.get(f"{AGENT_PLATFORM}/v1beta1/publishers/google/models/veo-3.1-fast-generate-001")
    assert listed.status_code == 200
    answer = box.predict()
    assert answer.status_code == status
    assert text in message(answer)
    assert box.world.ledger.accepted == []


def test_retry_info_says_when_to_come_back() -> None:
    details = Box("job-429-retry-info").predict().json()["error"]["details"]
    assert [detail["@type"].rsplit(".", 1)[1] for detail in details] == [
        "QuotaFailure",
        "Help",
        "RetryInfo",
    ]
    assert details[2]["retryDelay"] == "41s"


@pytest.mark.parametrize(
    ("scenario", "inside", "found"),
    [
        ("job-filtered-wrapped", ("response", "generateVideoResponse", "raiMediaFilteredCount"), 1),
        ("job-filtered-unwrapped", ("response", "raiMediaFilteredCount"), 1),
        ("job-error-13", ("error", "code"), 13),
    ],
)
def test_endings_without_a_video(scenario: str, inside: tuple[str, ...], found: int) -> None:
    box = Box(scenario)
    name = box.predict().json()["name"]
    box.finish()
    body = box.fetch(name).json()
    assert body["done"] is True
    for key in inside:
        body = body[key]
    assert body == found
    assert box.spent == "0"


def test_done_without_a_video_holds_neither_video_nor_error() -> None:
    box = Box("job-no-video")
    name = box.predict().json()["name"]
    box.finish()
    body = box.fetch(name).json()
    assert (set(body), set(body["response"])) == ({"name", "done", "response"}, {"@type"})


def test_a_job_that_never_ends() -> None:
    box = Box("job-never-done")
    name = box.predict().json()["name"]
    box.clock.pass_time(86_400)
    assert box.fetch(name).json() == {"name": name}


def test_polls_that_answer_5xx() -> None:
    box, passing = Box("job-poll-5xx"), Box("job-poll-5xx-passing")
    name, other = box.predict().json()["name"], passing.predict().json()["name"]
    assert [box.fetch(name).status_code for _ in range(5)] == [503] * 5
    assert [passing.fetch(other).status_code for _ in range(4)] == [503, 503, 200, 200]


@pytest.mark.parametrize(
    ("scenario", "jobs"), [("job-dropped-before", 0), ("job-dropped-after", 1)]
)
def test_a_dropped_connection_leaves_only_the_ledger_knowing(scenario: str, jobs: int) -> None:
    box = Box(scenario)
    with pytest.raises(httpx.RemoteProtocolError):
        box.predict()
    assert len(box.world.ledger.accepted) == jobs
    assert len(box.world.ledger.submits) == 1


def test_another_model_shows_in_the_operation() -> None:
    assert "/veo-3.1-lite-generate-001/" in Box("job-another-model").predict().json()["name"]


def test_a_lost_file() -> None:
    box = Box("job-content-502")
    name = box.predict().json()["name"]
    box.finish()
    (video,) = box.fetch(name).json()["response"]["videos"]
    assert set(video) == {"gcsUri", "mimeType"}
    june = Box("job-content-502", JUNE)
    name = june.gemini().json()["name"]
    june.finish()
    done = june.get(f"{GEMINI}/v1beta/{name}").json()
    uri = done["response"]["generateVideoResponse"]["generatedSamples"][0]["video"]["uri"]
    assert june.get(uri).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/v1beta/models/x/operations/none", "/v1beta/files/none0:download", "/v1beta/nothing", "/"],
)
def test_unknown_places_at_the_gemini_api(path: str) -> None:
    assert Box("healthy").get(f"{GEMINI}{path}").status_code == 404


def test_an_operation_of_one_surface_is_unknown_on_the_other() -> None:
    box = Box("healthy")
    operation = box.predict().json()["name"].rsplit("/", 1)[1]
    assert box.get(f"{GEMINI}/v1beta/models/m/operations/{operation}").status_code == 404
    assert box.fetch(f"{PUBLISHER}/m/operations/none").status_code == 404
    url = f"{AGENT_PLATFORM}/v1/{PUBLISHER}/m:fetchPredictOperation"
    assert box.post(url, {"operationName": "nonsense"}).status_code == 400


def test_the_agent_platform_takes_a_token_or_an_api_key_each_in_its_header() -> None:
    box = Box("healthy")
    url = f"{AGENT_PLATFORM}/v1/publishers/google/models/veo-3.1-fast-generate-001"
    token, key = box.world.keys["agent-platform"], box.world.other_keys["agent-platform-api-key"]
    for headers, status in (
        ({"authorization": f"Bearer {token}"}, 200),
        ({"x-goog-api-key": key}, 200),
        ({"authorization": f"Bearer {key}"}, 401),
        ({"x-goog-api-key": token}, 400),
        ({"x-goog-api-key": "AIza-of-old"}, 400),
        ({}, 401),
    ):
        assert box.client.get(url, headers=headers).status_code == status
