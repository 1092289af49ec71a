from __future__ import annotations

import pytest

from veo_check.core.secrets import (
    BILLING_KEY,
    KNOWLEDGE_KEY,
    AllowList,
    is_google,
    is_loopback,
    origin_of,
    refusal_of_host,
    refusal_of_key,
    refusal_without_key,
)

NONE = AllowList()


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Router.Flatkey.AI/v1", "https://router.flatkey.ai"),
        ("https://a.example:443/x", "https://a.example"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_origins_are_written_in_one_way(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "ftp://router.flatkey.ai",
        "https://",
        "router.flatkey.ai",
        "https://router.flatkey.ai@evil.example/",
        "https://user:pw@router.flatkey.ai/",
        "https://router.flatkey.ai\\@evil.example/",
        "https://r\N{GREEK SMALL LETTER OMICRON}uter.flatkey.ai/",
        "https://router.flatkey.ai:99999/",
        "https://router.flatkey.ai\t.evil.example/",
        "file:///etc/passwd",
    ],
)
def test_odd_addresses_are_refused_for_every_key(url: str) -> None:
    if "\t" in url:  # urlsplit drops tabs, so this one is simply another host
        assert refusal_of_key("FLATKEY_KEY", url, NONE) is not None
        return
    with pytest.raises(ValueError, match=r"must|holds|Port"):
        origin_of(url)
    assert refusal_of_host(url, NONE) is not None
    assert refusal_of_key("FLATKEY_KEY", url, NONE) is not None
    assert refusal_without_key("FLATKEY_KEY", url, NONE) is not None


GEMINI = "https://generativelanguage.googleapis.com/v1beta/models"
VERTEX = "https://us-central1-aiplatform.googleapis.com/v1"


@pytest.mark.parametrize(
    ("variable", "url", "allowed"),
    [
        ("FLATKEY_SMOKE_KEY", "https://router.flatkey.ai/v1/models", True),
        ("FLATKEY_SMOKE_KEY", "https://console.flatkey.ai/api/usage/token/", True),
        ("FLATKEY_SMOKE_KEY", "https://flatkey.ai", True),
        ("FLATKEY_SMOKE_KEY", "https://staging.flatkey.ai", False),
        ("FLATKEY_SMOKE_KEY", "https://flatkey.ai.evil.example", False),
        ("FLATKEY_SMOKE_KEY", "https://evilflatkey.ai", False),
        ("FLATKEY_SMOKE_KEY", "https://router.flatkey.ai.", False),
        ("FLATKEY_SMOKE_KEY", GEMINI, False),
        ("FLATKEY_SMOKE_KEY", "http://router.flatkey.ai", False),
        ("FLATKEY_SMOKE_KEY", "http://127.0.0.1:8080", False),
        ("GEMINI_API_KEY", GEMINI, True),
        ("GOOGLE_ACCESS_TOKEN", VERTEX, True),
        ("GOOGLE_ACCESS_TOKEN", "https://aiplatform.googleapis.com", True),
        ("GOOGLE_ACCESS_TOKEN", "https://storage.googleapis.com", False),
        (
            "GOOGLE_ACCESS_TOKEN",
            "https://us-central1-aiplatform.googleapis.com.evil.example",
            False,
        ),
        ("GEMINI_API_KEY", "https://router.flatkey.ai", False),
        (None, VERTEX, True),
        (None, "https://router.flatkey.ai", False),
        ("OPENAI_API_KEY", "https://api.openai.com/v1", True),
        ("VEO_CHECK_KNOWLEDGE_KEY", "https://developerknowledge.googleapis.com/v1", True),
        ("VEO_CHECK_KNOWLEDGE_KEY", "https://generativelanguage.googleapis.com/v1", False),
        ("VEO_CHECK_BILLING_KEY", "https://cloudbilling.googleapis.com/v1beta", True),
        ("VEO_CHECK_BILLING_KEY", "https://developerknowledge.googleapis.com/v1", False),
        ("GOOGLE_API_KEY", "https://cloudbilling.googleapis.com/v1beta", False),
        ("OPENAI_API_KEY", "https://api.openai.com.evil.example/v1", False),
        ("AWS_SECRET_ACCESS_KEY", "https://router.flatkey.ai", False),
        ("GITHUB_TOKEN", GEMINI, False),
        ("MY_GATEWAY_KEY", "https://gateway.example", False),
        ("XFLATKEY_KEY", "https://router.flatkey.ai", False),
    ],
)
def test_a_key_goes_only_to_its_own_hosts(variable: str | None, url: str, allowed: bool) -> None:
    assert (refusal_of_key(variable, url, NONE) is None) is allowed


def test_leave_is_for_one_variable_and_one_origin() -> None:
    leave = AllowList(keys=frozenset({("MY_KEY", "https://gateway.example:8443")}))
    assert refusal_of_key("MY_KEY", "https://gateway.example:8443/v1", leave) is None
    assert refusal_of_key("MY_KEY", "https://gateway.example/v1", leave) == (
        "MY_KEY may not be sent to https://gateway.example because only the route file asks for "
        "it; if you trust that host, add --allow-host MY_KEY=https://gateway.example"
    )
    assert refusal_of_key("OTHER", "https://gateway.example:8443/v1", leave) is not None


def test_plain_http_needs_leave_of_its_own() -> None:
    url = "http://litellm.internal:4000/v1"
    keys = frozenset({("MY_KEY", "http://litellm.internal:4000")})
    assert refusal_of_key("MY_KEY", url, AllowList(keys=keys)) == (
        "litellm.internal is asked over plain http; use https, or allow it with --allow-http "
        "litellm.internal"
    )
    hosts = frozenset({"litellm.internal"})
    assert refusal_of_key("MY_KEY", url, AllowList(keys=keys, http_hosts=hosts)) is None
    assert refusal_of_key("MY_KEY", url, AllowList(http_hosts=hosts)) is not None
    # leave to speak http with Flatkey's host does not carry its key over http
    flatkey = AllowList(http_hosts=frozenset({"router.flatkey.ai"}))
    assert refusal_of_key("FLATKEY_KEY", "http://router.flatkey.ai", flatkey) is not None


def test_sandbox_keys_go_to_this_machine_only() -> None:
    for url in ("http://127.0.0.1:1234", "http://localhost:1234", "http://[::1]:1234"):
        assert refusal_of_key("ANY_KEY", url, NONE, sandbox_key=True) is None
        assert refusal_of_key("ANY_KEY", url, NONE) is not None
    assert refusal_of_key("ANY_KEY", "https://evil.example", NONE, sandbox_key=True) is not None


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("10.0.0.1", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_else(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://console.flatkey.ai/api/pricing", True),
        ("http://127.0.0.1:9999/api/pricing", True),
        ("https://allowed.example/api/pricing", True),
        ("http://inside.example/api/pricing", True),
        ("https://evil.example/api/pricing", False),
        ("http://console.flatkey.ai/api/pricing", False),
        ("https://169.254.169.254/latest/meta-data", False),
    ],
)
def test_a_route_file_alone_opens_no_connection(url: str, allowed: bool) -> None:
    leave = AllowList(
        keys=frozenset({("MY_KEY", "https://allowed.example")}),
        http_hosts=frozenset({"inside.example"}),
    )
    for keyless in (False, True):
        refused = refusal_without_key("MY_KEY", url, leave, keyless=keyless)
        assert (refused is None) is allowed


def test_a_route_without_a_key_is_told_what_to_do() -> None:
    assert refusal_without_key(None, "https://evil.example/api", NONE, keyless=True) == (
        "https://evil.example is asked only because the route file names it; give the route a key "
        "variable and, if you trust that host, add --allow-host VARIABLE=https://evil.example"
    )


@pytest.mark.parametrize(
    ("url", "google"),
    [
        ("https://generativelanguage.googleapis.com", True),
        ("https://US-central1-aiplatform.googleapis.com/v1", True),
        ("http://aiplatform.googleapis.com", False),
        ("https://storage.googleapis.com", False),
        ("https://aiplatform.googleapis.com.evil.example", False),
        ("http://127.0.0.1:8000", False),
    ],
)
def test_google_is_its_own_hosts_and_nothing_else(url: str, google: bool) -> None:
    assert is_google(url) is google


@pytest.mark.parametrize("name", [KNOWLEDGE_KEY, BILLING_KEY])
def test_the_tools_own_keys_go_nowhere_else_whatever_is_allowed(name: str) -> None:
    leave = AllowList(keys=frozenset({(name, "https://gateway.example")}))
    refused = refusal_of_key(name, "https://gateway.example/v1", leave)
    assert refused is not None
    assert refused.endswith(
        "goes to Google's own host for it alone, not to https://gateway.example"
    )
