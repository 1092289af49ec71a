"""Google's own SDK runs a job against the sandbox and agrees with it on the result."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_check.cli.main import main
from veo_check.sandbox.media import mp4

pytestmark = pytest.mark.real_clients

GEMINI = """
import hashlib, json, sys, time
from google import genai
from google.genai import errors, types

client = genai.Client(api_key=sys.argv[2], http_options=types.HttpOptions(base_url=sys.argv[1]))
model = "veo-3.1-fast-generate-preview"
config = dict(number_of_videos=1, resolution="1080p", aspect_ratio="16:9")
operation = client.models.generate_videos(
    model=model, prompt="A boat.", config=dict(config, duration_seconds=8)
)
polls = 0
while not operation.done and polls < 100:
    time.sleep(0.2)
    operation = client.operations.get(operation)
    polls += 1
video = operation.response.generated_videos[0].video
data = client.files.download(file=video)
refused = ""
try:
    client.models.generate_videos(
        model=model, prompt="A boat.", config=dict(config, duration_seconds=5)
    )
except errors.ClientError as error:
    refused = f"{error.code} {error.status}"
print(json.dumps({
    "listed": [one.name for one in client.models.list()],
    "methods": client.models.get(model=model).supported_actions,
    "polled": polls > 1,
    "sha256": hashlib.sha256(data).hexdigest(),
    "refused": refused,
}))
"""

AGENT_PLATFORM = """
import hashlib, json, sys, time
from google import genai
from google.genai import errors, types
from google.oauth2.credentials import Credentials

client = genai.Client(
    vertexai=True,
    project="demo",
    location="us-central1",
    credentials=Credentials(sys.argv[2]),
    http_options=types.HttpOptions(base_url=sys.argv[1]),
)
model = "veo-3.1-fast-generate-001"
operation = client.models.generate_videos(
    model=model,
    prompt="A boat.",
    config=dict(number_of_videos=2, duration_seconds=4, resolution="720p", generate_audio=False),
)
polls = 0
while not operation.done and polls < 100:
    time.sleep(0.2)
    operation = client.operations.get(operation)
    polls += 1
videos = [one.video.video_bytes for one in operation.response.generated_videos]
gone = ""
try:
    client.models.generate_videos(model="veo-3.1-fast-generate-preview", prompt="A boat.")
except errors.ClientError as error:
    gone = f"{error.code} {error.status}"
print(json.dumps({
    "listed": [one.name for one in client.models.list(config={"query_base": True})],
    "one": client.models.get(model=model).name,
    "polled": polls > 1,
    "sha256": [hashlib.sha256(video).hexdigest() for video in videos],
    "gone": gone,
}))
"""

FILTERED = """
import json, sys, time
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials

client = genai.Client(
    vertexai=True,
    project="demo",
    location="us-central1",
    credentials=Credentials(sys.argv[2]),
    http_options=types.HttpOptions(base_url=sys.argv[1]),
)
operation = client.models.generate_videos(model="veo-3.1-generate-001", prompt="A boat.")
while not operation.done:
    time.sleep(0.2)
    operation = client.operations.get(operation)
print(json.dumps({
    "videos": operation.response.generated_videos,
    "count": operation.response.rai_media_filtered_count,
    "reasons": len(operation.response.rai_media_filtered_reasons),
}))
"""

REFUSED_BY_THE_SDK = """
import json, sys
from google import genai
from google.genai import types

client = genai.Client(api_key=sys.argv[2], http_options=types.HttpOptions(base_url=sys.argv[1]))
try:
    client.models.generate_videos(model="veo-3.1-generate-preview", prompt="A boat.")
except ValueError as error:
    print(json.dumps(str(error)))
"""


OMNI = """
import hashlib, json, sys, time
from google import genai
from google.genai import types

url, key, surface = sys.argv[1:4]
options = types.HttpOptions(base_url=url)
if surface == "gemini-api":
    client = genai.Client(api_key=key, http_options=options)
else:
    from google.oauth2.credentials import Credentials

    client = genai.Client(
        vertexai=True, project="demo", location="global", credentials=Credentials(key),
        http_options=options,
    )
wanted = {"type": "video", "resolution": "360p", "aspect_ratio": "16:9", "duration": "3s"}
if surface == "gemini-api":
    wanted["delivery"] = "uri"
told = {"error": None}
try:
    job = client.interactions.create(
        model="gemini-omni-1.2-flash", input="A boat.", background=True, store=True,
        response_format=wanted,
    )
    told["polls"] = 0
    while job.status == "in_progress" and told["polls"] < 100:
        time.sleep(0.2)
        job = client.interactions.get(job.id)
        told["polls"] += 1
    video = job.output_video
    if video.uri:
        data = client.files.download(file=video.uri)
    else:
        import base64

        data = base64.b64decode(video.data)
    told["sha256"] = hashlib.sha256(data).hexdigest()
    told["tokens"] = [(part.modality, part.tokens) for part in job.usage.output_tokens_by_modality]
    told["model"] = job.model
except Exception as error:
    told["error"] = type(error).__name__
print(json.dumps(told))
"""


def digest(video: bytes) -> str:
    return hashlib.sha256(video).hexdigest()


def test_the_gemini_api(sandbox: Callable[[str], Any], run_script: Callable[..., Any]) -> None:
    served = sandbox("article-2026-06-17")
    told = run_script(
        "VEO_CHECK_GENAI_PYTHON", GEMINI, served.url("gemini-api"), served.key("gemini-api")
    )
    assert told == {
        "listed": [
            "models/veo-3.1-generate-preview",
            "models/veo-3.1-fast-generate-preview",
            "models/veo-3.1-lite-generate-preview",
            "models/veo-3.0-generate-001",
            "models/veo-3.0-fast-generate-001",
            "models/veo-2.0-generate-001",
            "models/gemini-3.5-flash",
        ],
        "methods": ["predictLongRunning"],
        "polled": True,
        "sha256": digest(mp4(8, 1920, 1080)),
        "refused": "400 INVALID_ARGUMENT",
    }
    book = served.ledger()
    assert (book["accepted"], book["spent"]) == (1, "0.96")


def test_the_agent_platform(sandbox: Callable[[str], Any], run_script: Callable[..., Any]) -> None:
    served = sandbox("healthy")
    told = run_script(
        "VEO_CHECK_GENAI_NEWEST_PYTHON",
        AGENT_PLATFORM,
        served.url("agent-platform"),
        served.key("agent-platform"),
    )
    name = "publishers/google/models/veo-3.1"
    assert told == {
        "listed": [
            f"{name}-generate-001",
            f"{name}-fast-generate-001",
            f"{name}-lite-generate-001",
            "publishers/google/models/gemini-omni-1.1-flash-preview",
            "publishers/google/models/gemini-omni-1.2-flash",
        ],
        "one": f"{name}-fast-generate-001",
        "polled": True,
        "sha256": [digest(mp4(4, 1280, 720, audio=False))] * 2,
        "gone": "404 NOT_FOUND",
    }
    book = served.ledger()
    assert (book["accepted"], book["spent"]) == (1, "0.80")


def test_a_filtered_job(sandbox: Callable[[str], Any], run_script: Callable[..., Any]) -> None:
    served = sandbox("job-filtered-unwrapped")
    told = run_script(
        "VEO_CHECK_GENAI_NEWEST_PYTHON",
        FILTERED,
        served.url("agent-platform"),
        served.key("agent-platform"),
    )
    assert told == {"videos": None, "count": 1, "reasons": 1}


def test_the_newest_sdk_sends_no_veo_to_the_gemini_api(
    sandbox: Callable[[str], Any], run_script: Callable[..., Any]
) -> None:
    served = sandbox("article-2026-06-17")
    told = run_script(
        "VEO_CHECK_GENAI_NEWEST_PYTHON",
        REFUSED_BY_THE_SDK,
        served.url("gemini-api"),
        served.key("gemini-api"),
    )
    assert "only supported in Gemini Enterprise Agent Platform mode" in told
    assert served.ledger()["submits"] == []


@pytest.mark.parametrize("surface", ["gemini-api", "agent-platform"])
def test_omni_over_interactions(
    surface: str, sandbox: Callable[[str], Any], run_script: Callable[..., Any]
) -> None:
    served = sandbox("healthy")
    told = run_script(
        "VEO_CHECK_GENAI_NEWEST_PYTHON", OMNI, served.url(surface), served.key(surface), surface
    )
    assert told.pop("polls") > 1
    assert told == {
        "error": None,
        "sha256": digest(mp4(3, 640, 360)),
        "tokens": [["video", 5793]],
        "model": "gemini-omni-1.2-flash",
    }
    book = served.ledger()
    assert (len(book["submits"]), book["accepted"], book["spent"]) == (1, 1, "0.069516")


@pytest.mark.parametrize(
    ("scenario", "error", "accepted"),
    [("job-429", "RateLimitError", 0), ("omni-create-503", "InternalServerError", 5)],
)
def test_the_sdk_repeats_a_create_that_failed_and_this_tool_does_not(
    scenario: str,
    error: str,
    accepted: int,
    sandbox: Callable[[str], Any],
    run_script: Callable[..., Any],
    root: Path,
    tmp_path: Path,
) -> None:
    served = sandbox(scenario)
    url, key = served.url("gemini-api"), served.key("gemini-api")
    told = run_script("VEO_CHECK_GENAI_NEWEST_PYTHON", OMNI, url, key, "gemini-api")
    assert told["error"] == error
    book = served.ledger()
    assert (len(book["submits"]), book["accepted"]) == (5, accepted)
    text = (root / "examples/google-omni.yaml").read_text()
    route = tmp_path / "route.yaml"
    route.write_text(
        text.replace("endpoint: interactions", f"endpoint: interactions\n  base_url: {url}")
        .replace("logs/veo-jobs.jsonl", "veo-jobs.jsonl")
        .replace("deadline: 10m", "deadline: 30s")
    )
    (tmp_path / "veo-jobs.jsonl").write_text((root / "examples/logs/veo-jobs.jsonl").read_text())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEMINI_API_KEY", key)
        code = main(["run", str(route), "--spend", "1", "--state", str(tmp_path / "state")])
    assert code in {1, 3}
    assert len(served.ledger()["submits"]) == 6
