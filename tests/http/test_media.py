from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from fake_clock import FakeClock
from veo_check.core.secrets import AllowList, Redactor
from veo_check.http.answers import Failure, Response
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName, Keys
from veo_check.http.media import Fetched, fetch_media

KEY = KeyName("GEMINI_KEY", "x-goog-api-key")
HOME = "https://generativelanguage.googleapis.com"
FILE = f"{HOME}/v1beta/files/abc:download?alt=media"
Pages = dict[str, httpx.Response]


class Site:
    """Answers by URL; keeps who asked for what with which key."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.seen: list[tuple[str, str | None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append((str(request.url), request.headers.get("x-goog-api-key")))
        return self.pages[str(request.url)]


def fetch(
    clock: FakeClock, site: Callable[[httpx.Request], httpx.Response], url: str, home: str = HOME
) -> tuple[Fetched | Response | Failure, bytes]:
    keys = Keys({"GEMINI_KEY": "AIza-value-of-the-key", "S": "sk-vcsandbox"}, Redactor())
    door = HttpClient(
        leave=AllowList(), clock=clock, keys=keys, transport=httpx.MockTransport(site)
    )
    pieces: list[bytes] = []
    return fetch_media(door, url, KEY, home, pieces.append, limit=1000), b"".join(pieces)


def to(url: str) -> httpx.Response:
    return httpx.Response(302, headers={"Location": url})


def test_the_file_goes_into_the_sink(clock: FakeClock) -> None:
    site = Site({FILE: httpx.Response(200, content=b"mp4", headers={"Content-Type": "video/mp4"})})
    got, body = fetch(clock, site, FILE)
    place = "generativelanguage.googleapis.com/v1beta/files/abc:download"
    assert (got, body) == (Fetched(3, place, ("x1",)), b"mp4")
    assert site.seen == [(FILE, "AIza-value-of-the-key")]


def test_a_redirect_to_another_host_goes_without_the_key(clock: FakeClock) -> None:
    there = "https://storage.example/v.mp4?sig=1"
    site = Site(
        {
            FILE: to("/v1beta/other"),
            f"{HOME}/v1beta/other": to(there),
            there: httpx.Response(200, content=b"mp4"),
        }
    )
    got, body = fetch(clock, site, FILE)
    assert isinstance(got, Fetched)
    assert (got.exchanges, body) == (("x1", "x2", "x3"), b"mp4")
    assert site.seen == [
        (FILE, "AIza-value-of-the-key"),
        (f"{HOME}/v1beta/other", "AIza-value-of-the-key"),
        (there, None),
    ]


def test_coming_back_from_another_host_does_not_bring_the_key_back(clock: FakeClock) -> None:
    there, back = "https://storage.example/x", f"{HOME}/v1beta/back"
    site = Site({FILE: to(there), there: to(back), back: httpx.Response(200, content=b"mp4")})
    got, _ = fetch(clock, site, FILE)
    assert isinstance(got, Fetched)
    assert [key for _, key in site.seen] == ["AIza-value-of-the-key", None, None]


def test_an_address_elsewhere_named_by_the_answer_gets_no_key(clock: FakeClock) -> None:
    there = "https://cdn.example/v.mp4"
    site = Site({there: httpx.Response(200, content=b"mp4")})
    got, _ = fetch(clock, site, there)
    assert isinstance(got, Fetched)
    assert site.seen == [(there, None)]


@pytest.mark.parametrize(
    "there",
    [
        "http://cdn.example/v.mp4",
        "https://127.0.0.1/v.mp4",
        "https://localhost/v.mp4",
        "http://127.0.0.1:8080/v.mp4",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/v.mp4",
        "https://[::ffff:10.0.0.1]/v.mp4",
        "ftp://cdn.example/v.mp4",
        "file:///etc/passwd",
        "https://user:pw@cdn.example/v.mp4",
        "data:video/mp4;base64,AAAA",
    ],
)
def test_media_comes_from_public_https_only(clock: FakeClock, there: str) -> None:
    direct = Site({})
    got, _ = fetch(clock, direct, there)
    assert isinstance(got, Failure)
    assert (got.code, direct.seen) == ("host-refused", [])
    redirected = Site({FILE: to(there)})
    got, _ = fetch(clock, redirected, FILE)
    assert isinstance(got, Failure)
    assert got.code in {"host-refused", "unreadable", "unreachable"}
    assert len(redirected.seen) == 1


def test_a_route_on_this_machine_may_fetch_from_this_machine(clock: FakeClock) -> None:
    there = "http://127.0.0.1:9999/v.mp4"
    site = Site({there: httpx.Response(200, content=b"mp4")})
    got, _ = fetch(clock, site, there, home="http://127.0.0.1:8080")
    assert isinstance(got, Fetched)
    assert site.seen == [(there, None)]


def test_circles_end(clock: FakeClock) -> None:
    got, _ = fetch(clock, Site({FILE: to(FILE)}), FILE)
    assert isinstance(got, Failure)
    assert got.detail == "the media's address leads through too many redirects"


def test_other_statuses_are_returned_and_fill_no_sink(clock: FakeClock) -> None:
    got, body = fetch(clock, Site({FILE: httpx.Response(502, text="Failed to fetch")}), FILE)
    assert isinstance(got, Response)
    assert (got.status, got.body, body) == (502, b"Failed to fetch", b"")


def test_a_file_over_the_limit_is_given_up(clock: FakeClock) -> None:
    got, body = fetch(clock, Site({FILE: httpx.Response(200, content=b"x" * 1001)}), FILE)
    assert isinstance(got, Failure)
    assert (got.code, body) == ("unreadable", b"")


def test_what_the_sink_raises_passes_through(clock: FakeClock) -> None:
    class DiskFullError(OSError):
        pass

    def full(piece: bytes) -> None:
        raise DiskFullError

    keys = Keys({"GEMINI_KEY": "AIza-value-of-the-key"}, Redactor())
    site = Site({FILE: httpx.Response(200, content=b"mp4")})
    door = HttpClient(
        leave=AllowList(), clock=clock, keys=keys, transport=httpx.MockTransport(site)
    )
    with pytest.raises(DiskFullError):
        fetch_media(door, FILE, KEY, HOME, full)
