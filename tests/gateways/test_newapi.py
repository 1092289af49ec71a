from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from answers import PLACE, answer
from veo_check.core.facts import GatewayListing, GatewayStatus, KeyAnswer, KeyUsage, ListedModel
from veo_check.gateways import newapi
from veo_check.http.answers import Failure

LISTING = {
    "success": True,
    "object": "list",
    "data": [
        {
            "id": "veo3.1-fast",
            "object": "model",
            "created": 1626777600,
            "owned_by": "vertex-ai",
            "type": "video",
            "supported_endpoint_types": ["gemini", "openai"],
            "new_field": {"a": 1},
        },
        {"id": "gpt\x1b[31m-5"},
        {"object": "model"},
        "noise",
    ],
}
USAGE = {
    "code": True,
    "message": "ok",
    "data": {
        "object": "token_usage",
        "name": "ci-smoke",
        "total_granted": 1000,
        "total_used": 400,
        "total_available": 600,
        "unlimited_quota": False,
        "model_limits": {"veo3.1-fast": True, "off": False},
        "model_limits_enabled": True,
        "model_blacklist": ["a"],
        "model_blacklist_enabled": False,
        "expires_at": 1798761600,
    },
}


def test_a_listing_is_read() -> None:
    assert newapi.read_listing(
        answer(LISTING), "https://gateway.example/v1/models"
    ) == GatewayListing(
        (
            ListedModel("veo3.1-fast", ("gemini", "openai"), "vertex-ai"),
            ListedModel("gpt-5"),
        ),
        "https://gateway.example/v1/models",
        ("x1",),
    )


def test_an_empty_listing_is_a_listing() -> None:
    got = newapi.read_listing(answer({"data": []}), "u")
    assert got == GatewayListing((), "u", ("x1",))


@pytest.mark.parametrize(
    ("body", "status", "failure"),
    [
        (
            {"success": False, "message": "no rights"},
            200,
            Failure(
                "unreadable",
                f"the answer of {PLACE} cannot be used: it holds no list of models (no rights)",
                "x1",
                True,
            ),
        ),
        (
            "<html>",
            200,
            Failure(
                "unreadable",
                f"the answer of {PLACE} cannot be used: it is a web page (HTML or XML), not JSON",
                "x1",
                True,
            ),
        ),
        (
            {"error": {"message": "Invalid token", "type": "new_api_error", "code": ""}},
            401,
            Failure("key-refused", f"{PLACE} answered 401: Invalid token", "x1", True),
        ),
        (
            {"error": {"message": "busy sk-abcdef123456"}},
            429,
            Failure("rate-limited", f"{PLACE} answered 429: busy [redacted]", "x1", True),
        ),
        ("", 503, Failure("server-error", f"{PLACE} answered 503", "x1", True)),
    ],
)
def test_what_is_no_listing_says_why(body: object, status: int, failure: Failure) -> None:
    assert newapi.read_listing(answer(body, status), "u") == failure


@pytest.mark.parametrize(
    ("body", "status", "state"),
    [
        (LISTING, 200, "accepted"),
        ({"error": {"message": "Invalid token"}}, 401, "refused"),
        ({"error": {"message": "no quota", "code": "insufficient_user_quota"}}, 403, "denied"),
    ],
)
def test_the_listings_answer_tells_about_the_key(body: object, status: int, state: str) -> None:
    got = newapi.read_key_answer(answer(body, status))
    assert isinstance(got, KeyAnswer)
    assert (got.state, got.status, got.exchanges) == (state, status, ("x1",))


@pytest.mark.parametrize(
    ("body", "status"),
    [("<html>Sign in</html>", 200), ({"success": False}, 200), ({}, 404), ("", 500), ({}, 400)],
)
def test_an_unclear_answer_says_nothing_about_the_key(body: object, status: int) -> None:
    assert isinstance(newapi.read_key_answer(answer(body, status)), Failure)


def test_usage_is_read() -> None:
    assert newapi.read_usage(answer(USAGE)) == KeyUsage(
        name="ci-smoke",
        granted=1000,
        used=400,
        available=600,
        unlimited=False,
        allowed_models=("veo3.1-fast",),
        denied_models=None,
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        exchanges=("x1",),
    )


@pytest.mark.parametrize(
    ("limits", "read"),
    [
        (["a", "b"], ("a", "b")),
        ("a, b,,", ("a", "b")),
        ({}, ()),
        (None, ()),
    ],
)
def test_model_limits_come_in_three_shapes(limits: object, read: tuple[str, ...]) -> None:
    data = {**USAGE["data"], "model_limits": limits, "expires_at": -1}  # type: ignore[dict-item]
    got = newapi.read_usage(answer({"code": True, "data": data}))
    assert isinstance(got, KeyUsage)
    assert (got.allowed_models, got.expires_at) == (read, None)


@pytest.mark.parametrize(
    "field", ["total_granted", "total_used", "total_available", "unlimited_quota"]
)
@pytest.mark.parametrize("value", [None, "5", 10**30, 1.5])
def test_usage_without_its_numbers_is_unreadable(field: str, value: object) -> None:
    body = {"code": True, "data": {**USAGE["data"], field: value}}  # type: ignore[dict-item]
    got = newapi.read_usage(answer(body))
    assert isinstance(got, Failure)
    assert got.code == "unreadable"


@pytest.mark.parametrize(
    ("data", "per_unit"),
    [
        ({"quota_per_unit": 500000, "version": "v1"}, Decimal(500000)),
        ({"quota_per_unit": 500000.5, "version": "v1"}, Decimal("500000.5")),
        ({"quota_per_unit": 0, "version": "v1"}, Decimal(0)),
        ({"quota_per_unit": -5, "version": "v1"}, Decimal(-5)),
        ({"quota_per_unit": "500000", "version": "v1"}, Decimal(0)),
        ({"quota_per_unit": "NaN", "version": "v1"}, Decimal(0)),
        ({"quota_per_unit": True, "version": "v1"}, Decimal(0)),
        ({"quota_per_unit": [500000], "version": "v1"}, Decimal(0)),
        ({"quota_per_unit": 10**30, "version": "v1"}, Decimal(0)),
        ({"quota_per_unit": None, "version": "v1"}, None),
        ({"version": "v1"}, None),
    ],
)
def test_status_tells_the_unit_or_does_not(data: object, per_unit: Decimal | None) -> None:
    got = newapi.read_status(answer({"success": True, "data": data}))
    assert got == GatewayStatus(per_unit, "v1", ("x1",))


def test_a_key_without_quota_is_told_from_other_refusals() -> None:
    body = {"error": {"message": "x", "code": "insufficient_user_quota"}}
    assert newapi.out_of_quota(answer(body, 403))
    assert not newapi.out_of_quota(answer({"error": {"message": "no", "code": ""}}, 403))
    assert not newapi.out_of_quota(answer(body, 200))
