from __future__ import annotations

import pytest

from answers import PLACE, answer
from veo_check.core.facts import GatewayListing, KeyAnswer
from veo_check.gateways import openai
from veo_check.http.answers import Failure
from veo_check.http.keys import KeyName

NO_DATABASE = {
    "error": {
        "message": "No connected db.",
        "type": "no_db_connection",
        "param": None,
        "code": "400",
    }
}


@pytest.mark.parametrize(
    ("body", "status"),
    [({"error": {"message": "Authentication Error", "code": "401"}}, 401), (NO_DATABASE, 400)],
)
def test_a_proxy_refuses_a_key_in_two_ways(body: object, status: int) -> None:
    got = answer(body, status)
    key = openai.read_key_answer(got)
    assert isinstance(key, KeyAnswer)
    assert (key.state, key.status) == ("refused", status)
    listing = openai.read_listing(got, "u")
    assert isinstance(listing, Failure)
    assert listing.code == "key-refused"
    assert listing.detail.startswith(f"{PLACE} refused the key with {status}: ")


def test_a_proxy_that_cannot_check_a_key_says_nothing_about_it() -> None:
    got = answer("Internal Server Error", 500, {"content-type": "text/plain; charset=utf-8"})
    expected = Failure(
        "server-error",
        f"{PLACE} answered 500 in plain text; a LiteLLM proxy answers so to a key that it cannot "
        "check",
        "x1",
        sent=True,
    )
    assert openai.read_key_answer(got) == expected
    assert openai.read_listing(got, "u") == expected


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"error": {"message": "other", "type": "bad_request"}}, 400, "refused"),
        ({"error": {"message": "x"}}, 500, "server-error"),
        ("<html>", 200, "unreadable"),
    ],
)
def test_other_trouble_is_not_the_keys(body: object, status: int, code: str) -> None:
    got = answer(body, status)
    for read in (openai.read_key_answer(got), openai.read_listing(got, "u")):
        assert isinstance(read, Failure)
        assert read.code == code


def test_a_listing_is_read() -> None:
    body = {"object": "list", "data": [{"id": "veo-fast", "mode": "video_generation"}]}
    got = openai.read_listing(answer(body), "https://gateway.example/v1/models")
    assert isinstance(got, GatewayListing)
    assert [model.id for model in got.models] == ["veo-fast"]
    key = openai.read_key_answer(answer(body))
    assert key == KeyAnswer("accepted", 200, None, ("x1",))


def test_the_base_url_may_end_in_v1() -> None:
    key = KeyName("OPENAI_API_KEY")
    for base in ("https://gateway.example", "https://gateway.example/v1"):
        ask = openai.listing_ask(base, key)
        assert ask.url == "https://gateway.example/v1/models"
        assert ask.headers == {"x-litellm-num-retries": "0"}
