from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answers import answer
from veo_check.gateways.errors import ErrorBody, read_error

GOOGLE_429 = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota, please check your plan.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{"quotaId": "VeoRequestsPerDay", "quotaDimensions": {}}],
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "41.5s"},
        ],
    }
}
READ_429 = ErrorBody(
    "You exceeded your current quota, please check your plan.",
    code="429",
    status="RESOURCE_EXHAUSTED",
    retry_delay=41.5,
    quota="VeoRequestsPerDay",
)
INVALID_KEY = {
    "error": {
        "code": 400,
        "message": "API key not valid. Please pass a valid API key.",
        "status": "INVALID_ARGUMENT",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": {"service": "generativelanguage.googleapis.com"},
            }
        ],
    }
}


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (GOOGLE_429, READ_429),
        ([GOOGLE_429], READ_429),
        (
            INVALID_KEY,
            ErrorBody(
                "API key not valid. Please pass a valid API key.",
                code="400",
                status="INVALID_ARGUMENT",
                reason="API_KEY_INVALID",
            ),
        ),
        (
            {"error": {"message": "Invalid token", "type": "new_api_error", "code": ""}},
            ErrorBody("Invalid token", kind="new_api_error"),
        ),
        (
            {"code": "model_price_error", "message": "not been priced", "data": None},
            ErrorBody("not been priced", code="model_price_error"),
        ),
        (
            {"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}},
            ErrorBody("No connected db.", code="400", kind="no_db_connection"),
        ),
        ({"error": "plain words"}, ErrorBody("plain words")),
        ({"detail": "Not Found"}, ErrorBody("Not Found")),
        (
            {"detail": [{"loc": ["body"], "msg": "Required"}]},
            ErrorBody("body: Required"),
        ),
        ({"detail": [5]}, ErrorBody("")),
        ({"success": False, "message": "disabled"}, ErrorBody("disabled")),
        ("Internal Server Error", ErrorBody("Internal Server Error")),
        ("<html>nope</html>", ErrorBody("<html>nope</html>")),
        ([], ErrorBody("")),
        ({"error": {"message": 5, "details": "odd"}}, ErrorBody("")),
    ],
)
def test_every_envelope_is_read(body: object, read: ErrorBody) -> None:
    assert read_error(answer(body, 400)) == read


def test_an_upstreams_error_inside_a_message_is_found() -> None:
    """new-api passes on the raw upstream body as a string; LiteLLM puts words around it."""
    body = {"code": "fail_to_fetch_task", "message": json.dumps(GOOGLE_429), "data": None}
    error = read_error(answer(body, 429))
    assert error.code == "fail_to_fetch_task"
    assert error.inner == READ_429
    wrapped = {
        "error": {"message": f"litellm.NotFound: {json.dumps(INVALID_KEY)} tail", "code": "404"}
    }
    error = read_error(answer(wrapped, 404))
    assert error.inner is not None
    assert error.inner.reason == "API_KEY_INVALID"
    assert error.says("api KEY not valid")
    assert not error.says("something else")
    assert {"404", "INVALID_ARGUMENT", "API_KEY_INVALID"} <= error.words()


def test_nesting_ends() -> None:
    message = "bottom"
    for _ in range(10):
        message = json.dumps({"error": {"message": message}})
    assert read_error(answer(message, 500)).told.startswith("{")


@given(st.text(max_size=100) | st.dictionaries(st.text(max_size=8), st.text(max_size=30)))
def test_nothing_breaks_it(body: object) -> None:
    assert isinstance(read_error(answer(body, 500)), ErrorBody)
