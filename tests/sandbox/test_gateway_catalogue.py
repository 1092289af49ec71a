"""Flatkey's and new-api's free endpoints, as the sandbox plays them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sandbox_box import FLATKEY, NEWAPI, Box

CONSOLE = "https://console.flatkey.ai"
PUBLIC = f"{CONSOLE}/api/website/pricing?group=plg"


def row(box: Box, label: str, url: str = PUBLIC) -> dict[str, object]:
    (found,) = [row for row in box.get(url).json()["data"] if row["model_name"] == label]
    assert isinstance(found, dict)
    return found


def test_the_healthy_catalogue_prices_a_clip_as_google_does() -> None:
    box = Box("healthy")
    body = box.client.get(PUBLIC).json()
    fast = row(box, "veo3.1-fast")
    assert fast == {
        "model_name": "veo3.1-fast",
        "quota_type": 1,
        "model_ratio": 0,
        "model_price": 0.15,
        "owner_by": "",
        "completion_ratio": 1,
        "enable_groups": ["default", "plg"],
        "supported_endpoint_types": ["openai-video"],
        "vendor_id": 1,
        "pricing_version": "5a90f2b86c08bd983a9a2e6d66c255f4eaef9c4bc934386d2b6ae84ef0ff1f1f",
        "featured_order": 0,
        "availability_status": "available",
        "availability_checked_at": 1796011260,
    }
    assert body["pricing_version"] == "website-public-plg-v2"
    assert Decimal(str(fast["model_price"])) * Decimal(str(body["group_ratio"]["plg"])) == Decimal(
        "0.12"
    )
    assert body["display_pricing"]["veo3.1-fast"] == {
        "billing_kind": "request",
        "prices": {"request": {"configured": "0.15", "plg": "0.12", "from": False}},
    }
    assert [row["model_name"] for row in body["data"] if "veo" in row["model_name"]] == [
        "veo3.1-fast",
        "veo3.1-lite",
        "veo3.1",
        "veo-3.1-fast-generate-001",
        "veo-3.1-lite-generate-001",
        "veo-3.1-generate-001",
    ]


@pytest.mark.parametrize(
    ("url", "version", "extra"),
    [
        (f"{FLATKEY}/api/pricing", "group-model-ratio-v1", {"group_model_ratio"}),
        (
            f"{CONSOLE}/api/website/pricing",
            "website-public-v2",
            {"group_model_ratio", "display_pricing"},
        ),
        (f"{NEWAPI}/api/pricing", "a42d372ccf0b5dd13ecf71203521f9d2", set()),
    ],
)
def test_catalogue_generations(url: str, version: str, extra: set[str]) -> None:
    body = Box("healthy").client.get(url).json()
    assert body["pricing_version"] == version
    assert set(body) == extra | {
        "success",
        "data",
        "vendors",
        "group_ratio",
        "usable_group",
        "supported_endpoint",
        "auto_groups",
        "pricing_version",
    }


def test_the_compact_catalogue_alone_is_dated() -> None:
    body = Box("healthy").client.get(f"{CONSOLE}/api/website/pricing/v2?group=plg").json()
    assert (body["group"], body["generated_at"]) == ("plg", "2026-11-30T12:00:00Z")
    assert body["models"][0] == {
        "model_name": "veo3.1-fast",
        "billing_kind": "request",
        "prices": {"request": {"configured": "0.15", "plg": "0.12", "from": False}},
        "featured_order": 0,
    }


def test_another_group_has_no_public_catalogue() -> None:
    answer = Box("healthy").client.get(f"{CONSOLE}/api/website/pricing?group=enterprise")
    assert (answer.status_code, answer.json()) == (
        400,
        {"success": False, "message": "unsupported website pricing group"},
    )


def test_the_article_s_rows_are_the_article_s() -> None:
    box = Box("article-2026-06-17")
    body = box.client.get(f"{CONSOLE}/api/website/pricing").json()
    veo = {
        row["model_name"]: (
            row["supported_endpoint_types"],
            row["quota_type"],
            row["model_price"],
            row["model_ratio"],
            row["completion_ratio"],
            row["availability_status"],
        )
        for row in body["data"]
        if "veo" in row["model_name"]
    }
    unpriced = (0, 0, 37.5, 1, "unknown_failure")
    assert veo == {
        "veo-3.1-generate-preview": (["gemini", "openai"], 1, 0.4, 0, 1, "unknown_failure"),
        "veo-3.1-fast-generate-preview": (["gemini", "openai"], 1, 0.15, 0, 1, "unknown_failure"),
        "veo-3.1-lite-generate-preview": (["gemini", "openai"], *unpriced),
        "veo3.1": (["openai"], *unpriced),
        "veo3.1-fast": (["openai"], *unpriced),
        "veo3.1-pro": (["openai"], *unpriced),
    }
    assert len(body["data"]) == 638
    assert len({row["model_name"] for row in body["data"]}) == 638
    assert body["pricing_version"] == "a42d372ccf0b5dd13ecf71203521f9d2"
    listed = {row["id"] for row in box.get(f"{FLATKEY}/v1/models").json()["data"]}
    assert {label for label in veo if label in listed} == {
        "veo-3.1-generate-preview",
        "veo-3.1-fast-generate-preview",
    }


def test_new_api_has_none_of_flatkey_s_additions() -> None:
    box = Box("healthy")
    for path in ("/api/website/pricing", "/v1/available_models", "/v1/credits", "/v1/status"):
        answer = box.get(f"{NEWAPI}{path}")
        assert (answer.status_code, answer.json()["error"]["message"]) == (
            404,
            f"Invalid URL (GET {path})",
        )
        assert box.get(f"{FLATKEY}{path}").status_code == 200
    veo = row(box, "veo3.1", f"{NEWAPI}/api/pricing")
    assert (veo["supported_endpoint_types"], "availability_status" in veo) == (
        ["gemini", "openai"],
        False,
    )
    assert "model_blacklist" not in box.usage(NEWAPI)
    assert box.usage()["model_blacklist"] == {}


def test_status_publishes_the_unit() -> None:
    data = Box("healthy").client.get(f"{FLATKEY}/api/status").json()["data"]
    assert (data["quota_per_unit"], data["version"]) == (500_000, "v1.0.0-rc.25")


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("sk-vcsandboxflatkey", 200),
        ("vcsandboxflatkey", 200),
        ("sk-vcsandboxflatkey-and-more", 200),
        ("sk-vcsandboxanother", 200),
        ("sk-fk-vcsandboxflatkey", 401),
        ("sk-vcsandboxnewapi", 401),
        ("AQ.vcsandboxgemini", 401),
    ],
)
def test_a_key_is_cut_at_its_first_dash(key: str, status: int) -> None:
    assert Box("healthy").get(f"{FLATKEY}/v1/models", key).status_code == status


def test_refusals_of_a_key() -> None:
    box = Box("healthy")
    none = box.client.get(f"{FLATKEY}/v1/models")
    wrong = box.client.get(f"{FLATKEY}/v1/models", headers={"authorization": "Bearer sk-x"})
    google = box.client.get(
        f"{FLATKEY}/v1/models", headers={"x-goog-api-key": box.world.keys["flatkey"]}
    )
    assert [one.status_code for one in (none, wrong, google)] == [401] * 3
    assert none.json()["error"]["message"].startswith("Token not provided (request id: ")
    assert wrong.json()["error"]["message"].startswith("Invalid token (request id: ")
    assert wrong.json()["error"]["code"] == ""


def test_keys_of_one_account_are_told_apart() -> None:
    box = Box("healthy")
    url = f"{FLATKEY}/api/usage/token/"
    names = [
        box.get(url, key).json()["data"]["name"]
        for key in (
            box.world.keys["flatkey"],
            *(key for name, key in box.world.other_keys.items() if name.startswith("flatkey")),
        )
    ]
    assert names == ["ci-smoke", "another", "production"]


def test_usage_reads_share_one_limit() -> None:
    box = Box("healthy")
    paths = ["/api/usage/token/", "/api/log/token"] * 10
    assert [box.get(f"{FLATKEY}{path}").status_code for path in paths] == [200] * 20
    refused = box.get(f"{FLATKEY}/api/log/token")
    assert (refused.status_code, refused.content) == (429, b"")
    box.clock.pass_time(20 * 60 + 1)
    assert box.get(f"{FLATKEY}/api/log/token").status_code == 200


def test_account_totals() -> None:
    box = Box("healthy")
    assert box.get(f"{FLATKEY}/v1/credits").json() == {"remaining": 97.5, "used": 2.5}
    assert box.get(f"{FLATKEY}/v1/status").json()["status"] == "ok"
    assert box.get(f"{FLATKEY}/v1/dashboard/billing/subscription").json()["hard_limit_usd"] == 100
    assert box.get(f"{FLATKEY}/v1/dashboard/billing/usage").json()["total_usage"] == 250
    assert box.client.get(f"{FLATKEY}/").status_code == 200
    assert box.get(f"{FLATKEY}/api/usage/token").status_code == 301


def test_one_model_by_name() -> None:
    box = Box("healthy")
    assert box.get(f"{FLATKEY}/v1/models/veo3.1").json()["id"] == "veo3.1"
    assert box.get(f"{FLATKEY}/v1/models/veo9").status_code == 404
    assert box.client.get(f"{FLATKEY}/v1/models/veo3.1").status_code == 401


# --- what each free scenario changes ----------------------------------------------------------


def listed(box: Box) -> set[str]:
    return {row["id"] for row in box.get(f"{FLATKEY}/v1/models").json()["data"]}


def labels(box: Box, url: str = PUBLIC) -> list[str]:
    return [row["model_name"] for row in box.client.get(url).json()["data"]]


def test_an_unpriced_row_shows_the_sentinel_and_is_not_listed() -> None:
    box = Box("unpriced-row")
    veo = row(box, "veo3.1-fast")
    assert (veo["quota_type"], veo["model_ratio"], veo["model_price"]) == (0, 37.5, 0)
    assert "veo3.1-fast" not in listed(box)
    answer = box.video()
    assert (answer.status_code, answer.json()["code"]) == (400, "model_price_error")


def test_a_missing_row_is_missing_everywhere() -> None:
    box = Box("row-missing")
    assert "veo3.1-fast" not in labels(box)
    assert "veo3.1-fast" not in listed(box)
    assert box.video().status_code == 503


def test_a_duplicate_row() -> None:
    assert labels(Box("duplicate-row")).count("veo3.1-fast") == 2


def test_a_group_without_the_row() -> None:
    box = Box("group-disabled")
    everywhere = row(box, "veo3.1-fast", f"{CONSOLE}/api/website/pricing")
    assert everywhere["enable_groups"] == ["enterprise"]
    assert "veo3.1-fast" not in labels(box)
    assert "veo3.1-fast" not in listed(box)


def test_a_bad_key_is_refused_everywhere() -> None:
    box = Box("bad-key")
    assert box.get(f"{FLATKEY}/v1/models").status_code == 401
    assert box.video().status_code == 401
    assert box.get(f"{FLATKEY}/api/pricing").status_code == 200


def test_no_quota() -> None:
    box = Box("no-quota")
    assert box.usage()["total_available"] == 1000
    answer = box.video()
    assert (answer.status_code, answer.json()["code"]) == (403, "pre_consume_token_quota_failed")
    assert box.world.ledger.accepted == []


def test_a_key_that_may_not_use_the_model() -> None:
    box = Box("model-not-allowed")
    usage = box.usage()
    assert (usage["model_limits_enabled"], "veo3.1-fast" in usage["model_limits"]) == (True, False)
    assert "veo3.1-fast" not in listed(box)
    answer = box.video()
    assert answer.status_code == 403
    assert "has no access to model veo3.1-fast" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("scenario", "label", "field", "value"),
    [
        ("price-raised", "veo3.1-fast", "model_price", 0.45),
        ("fallback-dearer", "veo3.1-lite", "model_price", 0.3),
        ("chat-only-types", "veo3.1", "supported_endpoint_types", ["gemini", "openai"]),
        ("status-absent", "veo3.1", "availability_status", None),
    ],
)
def test_rows_that_differ_in_one_field(
    scenario: str, label: str, field: str, value: object
) -> None:
    assert row(Box(scenario), label).get(field) == value


def test_a_fallback_that_is_gone() -> None:
    box = Box("fallback-retired")
    assert "veo3.1-lite" not in labels(box)
    assert "veo3.1-fast" in labels(box)
    assert box.predict("veo-3.1-lite-generate-001").status_code == 404
    assert box.predict("veo-3.1-fast-generate-001").status_code == 200
