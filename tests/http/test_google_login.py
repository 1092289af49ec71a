from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from veo_check.core.secrets import AllowList, Redactor
from veo_check.http.answers import Failure, Response
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName, Keys, may_log_in_at

VERTEX = "https://us-central1-aiplatform.googleapis.com/v1beta1/publishers/google/models/m"
TOKEN = "ya29.token-of-the-login"


class AuthError(Exception):
    pass


class Credentials:
    """What google-auth would hand out: refreshes itself through the transport it is given."""

    def __init__(self, token_url: str) -> None:
        self.token_url, self.token, self.valid = token_url, "", False

    def refresh(self, request: Any) -> None:
        answer = request(url=self.token_url, method="POST", body=b"grant", headers={"A": "b"})
        if answer.status != 200:
            raise AuthError(f"refused with {answer.data!r}")
        self.token, self.valid = answer.data.decode(), True


@pytest.fixture
def google_auth(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    auth, exceptions = ModuleType("google.auth"), ModuleType("google.auth.exceptions")
    exceptions.GoogleAuthError = AuthError  # type: ignore[attr-defined]
    credentials = Credentials("https://oauth2.googleapis.com/token")
    auth.credentials = credentials  # type: ignore[attr-defined]
    auth.default = lambda scopes, request: (credentials, None)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "google.auth", auth)
    monkeypatch.setitem(sys.modules, "google.auth.exceptions", exceptions)
    return auth


def door(clock: FakeClock, token_status: int = 200) -> tuple[HttpClient, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "oauth2.googleapis.com":
            return httpx.Response(token_status, text=TOKEN)
        return httpx.Response(200, json={})

    keys = Keys({}, Redactor())
    return HttpClient(
        leave=AllowList(), clock=clock, keys=keys, transport=httpx.MockTransport(answer)
    ), seen


@pytest.mark.usefixtures("google_auth")
def test_the_token_is_fetched_once_through_the_door(clock: FakeClock) -> None:
    way, seen = door(clock)
    for url in (VERTEX, VERTEX + "2"):
        assert isinstance(way.get(url, KeyName(None)), Response)
    hosts = [request.url.host for request in seen]
    assert hosts == ["oauth2.googleapis.com", *["us-central1-aiplatform.googleapis.com"] * 2]
    assert seen[1].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in repr(way.exchanges)
    login = way.exchanges[0]
    assert (login.status, login.body_excerpt, login.request_excerpt, login.note) == (
        200,
        None,
        None,
        "login; its content is not recorded",
    )


@pytest.mark.usefixtures("google_auth")
def test_a_login_that_fails_is_a_missing_key(clock: FakeClock) -> None:
    way, seen = door(clock, token_status=400)
    got = way.get(VERTEX, KeyName(None))
    assert isinstance(got, Failure)
    assert got.code == "no-key"
    assert TOKEN not in got.detail
    assert "gcloud auth application-default login" in got.detail
    assert len(seen) == 1


def test_credentials_cannot_send_the_login_elsewhere(
    clock: FakeClock, google_auth: ModuleType
) -> None:
    google_auth.credentials.token_url = "https://evil.example/token"
    way, seen = door(clock)
    got = way.get(VERTEX, KeyName(None))
    assert isinstance(got, Failure)
    assert "login host that is not Google's" in got.detail
    assert seen == []


def test_without_the_extra_the_message_names_it(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    way, seen = door(clock)
    assert way.get(VERTEX, KeyName(None)) == Failure(
        "no-key",
        "application default credentials need the extra `google`: install veo-check[google]",
    )
    assert seen == []


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://oauth2.googleapis.com/token", True),
        ("https://sts.googleapis.com/v1/token", True),
        ("https://iamcredentials.googleapis.com/v1/x", True),
        ("http://metadata.google.internal/computeMetadata/v1/", True),
        ("http://169.254.169.254/computeMetadata/v1/", True),
        ("https://evilgoogleapis.com/token", False),
        ("https://oauth2.googleapis.com.evil.example/token", False),
        ("http://oauth2.googleapis.com/token", False),
        ("http://127.0.0.1/token", False),
    ],
)
def test_logins_go_to_google_only(url: str, allowed: bool) -> None:
    assert may_log_in_at(url) is allowed
