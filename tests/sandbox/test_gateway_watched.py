"""What looking at a job does on a new-api gateway, as it was observed when one was run.

flatkey-gateway.md, section 7: polls that cost refunds, ends that are none, content that costs
nothing and is limited, addresses, keys and envelopes.
"""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any

import pytest

from sandbox_box import FLATKEY, NEWAPI, OPENAI, Box

FAMILIES = {
    FLATKEY: ["/v1/videos", "/v1/video/generations", "/v1/generation/tasks"],
    NEWAPI: ["/v1/videos", "/v1/video/generations"],
}
EACH = [(base, path) for base, paths in FAMILIES.items() for path in paths]


def accepted(box: Box, base: str = FLATKEY, path: str = "/v1/videos", **body: Any) -> str:
    answer = box.video(base, path, duration=4, **body)
    assert answer.status_code == 200
    task = answer.json()["id"]
    assert isinstance(task, str)
    return task


def stored(box: Box, task: str, base: str = FLATKEY) -> str:
    """What the content path says, which only reads."""
    answer = box.get(f"{base}/v1/videos/{task}/content")
    if answer.status_code != 400:
        return str(answer.status_code)
    message: str = answer.json()["error"]["message"]
    assert message.startswith("Task is not completed yet, current status: ")
    return message.rpartition(" ")[2]


def kinds(box: Box, base: str = FLATKEY) -> list[int]:
    return [row["type"] for row in box.log(base)]


@pytest.mark.parametrize(("base", "path"), EACH)
def test_a_client_that_sees_the_end_first_loses_the_refund(base: str, path: str) -> None:
    box = Box("job-error-13")
    task = accepted(box, base, path)
    while box.clock.monotonic() < 26:  # the job fails after 25 s
        box.clock.pass_time(1)
        box.get(f"{base}{path}/{task}")
    box.finish()
    assert (stored(box, task, base), kinds(box, base)) == ("FAILURE", [2])
    assert box.spent == "0.48"


@pytest.mark.parametrize(("base", "path"), EACH)
def test_the_gateways_own_poller_refunds_and_the_content_path_waits_for_it(
    base: str, path: str
) -> None:
    box = Box("job-error-13")
    task = accepted(box, base, path)
    seen = [stored(box, task, base)]
    for _ in range(10):
        box.clock.pass_time(6)
        seen.append(stored(box, task, base))
    assert list(dict.fromkeys(seen)) == ["NOT_START", "IN_PROGRESS", "FAILURE"]
    assert (kinds(box, base), box.spent) == ([6, 2], "0.00")
    refund = box.log(base)[0]
    assert json.loads(refund["other"])["task_id"] == task
    assert ("request_id" in refund) is (base == NEWAPI)


def test_the_poller_sleeps_after_each_pass_and_needs_a_second_for_each_task() -> None:
    box = Box("job-error-13")
    tasks = [accepted(box) for _ in range(5)]
    moments: dict[str, float] = {}
    while len(moments) < len(tasks):
        box.clock.pass_time(0.5)
        for entry in json.loads(box.world.ledger_json())["charges"]:
            if entry["kind"] == "refund":
                moments.setdefault(entry["operation"], entry["at"])
    at = sorted(moments.values())
    assert [round(later - before) for before, later in itertools.pairwise(at)] == [1] * 4
    assert 0 < at[0] - 25 <= 52


def test_a_passing_error_makes_one_poll_failed_and_the_next_may_say_otherwise() -> None:
    box = Box("job-error-passing")
    task = accepted(box)
    box.clock.pass_time(20)
    assert (stored(box, task), kinds(box)) == ("FAILURE", [6, 2])
    box.finish()
    assert stored(box, task) == "FAILURE"
    assert box.get(f"{FLATKEY}/v1/videos/{task}").json()["status"] == "completed"
    assert (stored(box, task), kinds(box)) == ("200", [6, 2])

    client_first = Box("job-error-passing")
    task = accepted(client_first)
    seen = [client_first.get(f"{FLATKEY}/v1/videos/{task}").json()["status"] for _ in range(2)]
    assert seen == ["failed", "queued"]


@pytest.mark.parametrize(("base", "path"), EACH)
def test_what_the_families_tell(base: str, path: str) -> None:
    box = Box("healthy")
    task = accepted(box, base, path)
    box.finish()
    told = box.get(f"{base}{path}/{task}").json()
    url = f"{base}/v1/videos/{task}/content"
    if path == "/v1/video/generations":
        fields = {"error": None, "format": "mp4", "metadata": None, "status": "succeeded"}
        inner = {**fields, "task_id": task, "url": url}
        assert told == {"code": "success", "message": "", "data": inner}
    elif path == "/v1/generation/tasks":
        content = [{"type": "video_url", "video_url": {"url": url}}]
        assert told == {"id": task, "status": "succeeded", "content": content}
    else:
        assert told["status"] == "completed"
    # this one answers for a task of every family, and alone names the model
    assert box.get(f"{base}/v1/videos/{task}").json()["model"] == "veo-3.1-fast-generate-001"
    assert ("model" in json.dumps(told)) is (path == "/v1/videos")


def test_a_running_generation_task_leaves_out_what_it_has_not() -> None:
    box = Box("healthy")
    path = "/v1/generation/tasks"
    task = accepted(box, path=path)
    assert box.get(f"{FLATKEY}{path}/{task}").json() == {"id": task, "status": "processing"}


def test_content_is_limited_on_flatkey_by_address_and_answers_no_head() -> None:
    box = Box("healthy")
    task = accepted(box)
    url = f"{FLATKEY}/v1/videos/{task}/content"
    answers = [box.client.get(url) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]
    assert answers[-1].content == b""
    box.clock.pass_time(60)
    assert box.client.get(url).status_code == 200
    assert box.client.head(url).status_code == 404
    ranged = box.client.get(url, headers={"range": "bytes=0-9"})
    assert (ranged.status_code, len(ranged.content) > 10) == (200, True)


def test_content_of_upstreams_build_needs_the_key_and_has_no_limit() -> None:
    box = Box("healthy")
    task = accepted(box, NEWAPI)
    url = f"{NEWAPI}/v1/videos/{task}/content"
    assert box.client.get(url).status_code == 401
    assert {box.get(url).status_code for _ in range(30)} == {400}


@pytest.mark.parametrize("scenario", ["job-filtered-wrapped", "job-no-video"])
def test_a_success_without_a_video_is_502_at_the_content_path(scenario: str) -> None:
    box = Box(scenario)
    task = accepted(box)
    box.finish()
    assert (stored(box, task), kinds(box)) == ("502", [2])


def test_addresses_of_a_fresh_install() -> None:
    box = Box("job-address-elsewhere")
    task = accepted(box, path="/v1/video/generations")
    box.finish()
    told = box.get(f"{FLATKEY}/v1/video/generations/{task}").json()["data"]["url"]
    assert told == f"http://localhost:3000/v1/videos/{task}/content"
    assert stored(box, task) == "200"


def test_a_gateway_without_a_content_path() -> None:
    box = Box("job-no-content-path")
    task = accepted(box, path="/v1/video/generations")
    assert "Invalid URL" in box.get(f"{FLATKEY}/v1/videos/{task}/content").text
    box.finish()
    told = box.get(f"{FLATKEY}/v1/video/generations/{task}").json()["data"]["url"]
    assert box.client.get(told).status_code == 200


def test_a_key_whose_list_lacks_the_model_may_fetch_and_not_poll() -> None:
    box = Box("job-poll-not-allowed")
    task = accepted(box)
    box.finish()
    assert box.get(f"{FLATKEY}/v1/videos/{task}").status_code == 403
    assert stored(box, task) == "200"


def test_a_key_with_nothing_left() -> None:
    box = Box("key-empty")
    ours = box.get(f"{FLATKEY}/v1/models")
    assert (ours.status_code, ours.json()["error"]["code"]) == (403, "insufficient_user_quota")
    theirs = box.get(f"{NEWAPI}/v1/models")
    assert theirs.status_code == 401
    assert theirs.json()["error"]["message"].startswith("Invalid token")
    for base in (FLATKEY, NEWAPI):
        assert box.usage(base)["total_available"] == 0


def test_an_empty_wallet_shows_in_the_credits_alone() -> None:
    box = Box("job-pre-consume")
    assert box.get(f"{FLATKEY}/v1/credits").json()["remaining"] == 0
    assert box.usage()["total_available"] > 0


@pytest.mark.parametrize("path", ["/api/usage/token/", "/api/log/token"])
def test_the_usage_endpoints_refuse_and_limit_in_words_of_their_own(path: str) -> None:
    bad = Box("bad-key").get(f"{FLATKEY}{path}")
    assert (bad.status_code, bad.json()) == (401, {"message": "Invalid token", "success": False})
    box = Box("healthy")
    answers = [box.get(f"{FLATKEY}{path}") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert (answers[-1].headers["retry-after"], answers[-1].content) == ("1200", b"")


def test_a_key_s_own_cap_names_both_amounts() -> None:
    answer = Box("no-quota").video(duration=4)
    assert (answer.status_code, answer.json()["code"]) == (403, "pre_consume_token_quota_failed")
    assert "token quota is not enough, token remain quota: " in answer.json()["message"]


@pytest.mark.parametrize(
    ("scenario", "status", "word"),
    [
        ("job-gateway-key-denied", 403, "PERMISSION_DENIED"),
        ("job-gateway-key-invalid", 400, "API_KEY_INVALID"),
        ("job-gateway-key-precondition", 400, "FAILED_PRECONDITION"),
        ("job-402", 402, "PAYMENT_REQUIRED"),
        ("job-422", 422, "INVALID_ARGUMENT"),
        ("job-upstream-500", 500, "INTERNAL"),
    ],
)
def test_what_google_said_stands_inside_the_gateways_words(
    scenario: str, status: int, word: str
) -> None:
    box = Box(scenario)
    answer = box.video(duration=4)
    assert (answer.status_code, answer.json()["code"]) == (status, "fail_to_fetch_task")
    assert word in answer.json()["message"]
    ratios = answer.headers.get("x-new-api-other-ratios")
    assert (ratios is not None) is (scenario == "job-upstream-500")
    assert (box.usage()["total_used"], box.log(), box.spent) == (1_250_000, [], "0")


def test_a_busy_channel_is_a_500() -> None:
    answer = Box("job-channel-busy").video(duration=4)
    assert (answer.status_code, answer.json()["code"]) == (500, "get_channel_failed")


def test_a_gateway_killed_at_the_submit_leaves_only_the_total() -> None:
    box = Box("job-killed-at-submit")
    with pytest.raises(Exception, match="disconnected"):
        box.video(duration=4)
    assert (box.usage()["total_used"], box.log()) == (1_250_000 + 240_000, [])


@pytest.mark.parametrize(
    ("scenario", "quota", "ratios"),
    [
        ("priced-by-ratio", 240_000, {"seconds": 4, "resolution": 1}),
        ("hidden-price", 240_000, {"seconds": 4, "resolution": 1}),
        ("group-model-ratio", 360_000, {"seconds": 4, "resolution": 1}),
        ("job-per-second-table", 240_000, {"video_billing_units": 4}),
        ("job-billed-group", 300_000, {"seconds": 4, "resolution": 1}),
    ],
)
def test_how_a_job_is_billed(scenario: str, quota: int, ratios: dict[str, int]) -> None:
    box = Box(scenario)
    answer = box.video(duration=4)
    assert json.loads(answer.headers["x-new-api-other-ratios"]) == ratios
    (row,) = box.log()
    group = "default" if scenario == "job-billed-group" else "plg"
    assert (row["quota"], row["group"]) == (quota, group)


def test_a_hidden_price_bills_what_the_listing_leaves_out() -> None:
    box = Box("hidden-price")
    listed = [model["id"] for model in box.get(f"{FLATKEY}/v1/models").json()["data"]]
    assert "veo3.1-fast" not in listed
    rows = box.get(f"{FLATKEY}/api/pricing").json()["data"]
    (row,) = [found for found in rows if found["model_name"] == "veo3.1-fast"]
    assert (row["quota_type"], row["model_ratio"]) == (0, 37.5)


@pytest.mark.parametrize("base", [FLATKEY, OPENAI])
def test_a_submit_may_be_answered_202(base: str) -> None:
    answer = Box("job-202").video(base, seconds="4")
    assert (answer.status_code, bool(answer.json()["id"])) == (202, True)


def test_a_task_id_may_be_the_operations_name() -> None:
    box = Box("job-long-id")
    task = accepted(box)
    assert len(task) >= 211
    assert "/operations/" in base64.urlsafe_b64decode(task).decode()
    box.finish()
    assert stored(box, task) == "200"
    again = Box("job-long-id")  # the next process's world
    assert again.get(f"{FLATKEY}/v1/videos/{task}").json()["status"] == "queued"


def test_a_proxy_estimates_at_submit_and_names_the_deployment_in_the_id() -> None:
    box = Box("healthy")
    answer = box.video(OPENAI, seconds="4", size="1280x720")
    assert answer.headers["x-litellm-response-cost"] == "0.4"
    inner = base64.urlsafe_b64decode(answer.json()["id"].removeprefix("video_")).decode()
    assert ";deployment_id:" in inner
    box.finish()
    told = box.get(f"{OPENAI}/v1/videos/{answer.json()['id']}").json()
    assert (told["status"], told["error"]) == ("completed", None)


def test_a_proxy_without_configuration_says_so_at_every_poll() -> None:
    box = Box("job-poll-misconfigured")
    video = box.video(OPENAI, seconds="4").json()["id"]
    answers = [box.get(f"{OPENAI}/v1/videos/{video}") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [400, 500, 400, 500]
    assert "vertex_project is required" in answers[0].text
    assert "default credentials were not found" in answers[1].text


def test_the_random_failures_are_the_same_in_every_world() -> None:
    ends = []
    for _ in range(2):
        box = Box("job-error-at-random")
        for _ in range(10):
            accepted(box)
        box.finish()
        book = json.loads(box.world.ledger_json())["charges"]
        ends.append([entry["at"] for entry in book if entry["kind"] == "refund"])
    assert ends[0] == ends[1]
    assert len(set(ends[0])) == 10
