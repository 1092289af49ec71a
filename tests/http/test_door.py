from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from doors import KEY, SECRET, URL, Answers, answered, door_to, failed
from fake_clock import FakeClock
from socket_guard import SocketGuard
from veo_check.http.answers import Exchange, Failure, Limits
from veo_check.http.keys import KeyName


def test_a_get_carries_the_key_and_is_recorded_without_it(clock: FakeClock) -> None:
    server = Answers(httpx.Response(200, json={"echo": SECRET}))
    with door_to(server, clock) as door:
        got = answered(door.get(f"{URL}?key={SECRET}", KEY, headers={"X-Extra": "1"}))
    sent = server.requests[0].headers
    assert sent["authorization"] == f"Bearer {SECRET}"
    assert sent["accept-encoding"] == "identity"
    assert sent["x-extra"] == "1"
    assert sent["user-agent"].startswith("veo-check/")
    assert "cookie" not in sent
    assert (got.status, got.json, got.exchange) == (200, {"echo": SECRET}, "x1")
    assert got.place == "router.flatkey.ai/v1/models"
    assert SECRET not in repr(got)
    assert door.exchanges == (
        Exchange("x1", "GET", f"{URL}?key=[redacted]", None, 200, 0, '{"echo":"[redacted]"}', None),
    )


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://evil.example/v1/models", KEY),
        ("https://evil.example/v1/models", None),
        ("http://router.flatkey.ai/v1/models", KEY),
        ("https://router.flatkey.ai@evil.example/", KEY),
        ("https://router.flatkey.ai/v1/models", KeyName("OTHER_KEY")),
        ("https://router.flatkey.ai/v1/models", KeyName(None)),
        ("file:///etc/passwd", None),
    ],
)
def test_a_refused_host_is_never_asked(clock: FakeClock, url: str, key: KeyName | None) -> None:
    server = Answers(httpx.Response(200, json={}))
    for offline in (False, True):
        door = door_to(server, clock, offline=offline)
        for got in (door.get(url, key), door.post_once(url, {}, key)):
            assert failed(got).code == "host-refused"
            assert failed(got).sent is False
        assert door.exchanges == ()
    assert server.requests == []


def test_offline_opens_no_socket_and_loads_nothing(clock: FakeClock, sockets: SocketGuard) -> None:
    server = Answers(httpx.Response(200, json={}))
    door = door_to(server, clock, offline=True)
    expected = Failure("offline", "no network (--offline)")
    assert door.get(URL, KEY) == expected
    assert door.post_once(URL, {}, KEY) == expected
    assert (server.requests, sockets.opened, door.exchanges) == ([], 0, ())


def test_an_unset_key_is_not_asked_with(clock: FakeClock) -> None:
    server = Answers(httpx.Response(200, json={}))
    door = door_to(server, clock)
    assert failed(door.get(URL, KeyName("FLATKEY_UNSET"))).code == "no-key"
    assert server.requests == []


def test_the_same_get_is_sent_once_per_run(clock: FakeClock) -> None:
    server = Answers(httpx.Response(200, json={}))
    door = door_to(server, clock)
    first, second = door.get(URL, KEY), door.get(URL, KEY)
    assert first is second
    door.get(URL, KEY, headers={"X-Other": "1"})
    door.get(URL)
    door.get(URL, KEY, fresh=True)
    assert len(server.requests) == 4


def test_failures_are_remembered_too(clock: FakeClock) -> None:
    server = Answers(httpx.ReadTimeout("slow"))
    door = door_to(server, clock)
    assert door.get(URL, KEY) is door.get(URL, KEY)
    assert len(server.requests) == 1


def test_concurrent_askers_wait_for_one_request(clock: FakeClock) -> None:
    asked, go = threading.Event(), threading.Event()
    requests: list[httpx.Request] = []

    def slow(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        asked.set()
        go.wait(5)
        return httpx.Response(200, json={"n": len(requests)})

    door = door_to(slow, clock)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(door.get, URL, KEY) for _ in range(8)]
        assert asked.wait(5)
        go.set()
        got = {id(one.result(5)) for one in waiting}
    assert (len(requests), len(got)) == (1, 1)


def test_exchanges_are_numbered_in_the_order_they_began(clock: FakeClock) -> None:
    door = door_to(Answers(httpx.Response(200, json={})), clock)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: door.get(f"{URL}/{n}", KEY), range(40)))
    assert [one.id for one in door.exchanges] == [f"x{n}" for n in range(1, 41)]


@pytest.mark.parametrize("trouble", [500, 502, 503, 504, 429])
def test_passing_trouble_is_asked_about_again_politely(clock: FakeClock, trouble: int) -> None:
    server = Answers(httpx.Response(trouble), httpx.Response(trouble), httpx.Response(200, json=1))
    door = door_to(server, clock)
    assert answered(door.get(URL, KEY)).json == 1
    assert clock.sleeps == [0.5, 1.0]
    assert [one.status for one in door.exchanges] == [trouble, trouble, 200]


def test_after_three_tries_the_last_answer_stands(clock: FakeClock) -> None:
    server = Answers(httpx.Response(503, text="down"))
    got = answered(door_to(server, clock).get(URL, KEY))
    assert (got.status, got.exchange, len(server.requests)) == (503, "x3", 3)
    assert got.failure("down") == Failure(
        "server-error", "router.flatkey.ai/v1/models answered 503: down", "x3", sent=True
    )


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 501])
def test_a_clear_answer_is_not_asked_for_twice(clock: FakeClock, status: int) -> None:
    server = Answers(httpx.Response(status, json={}))
    assert answered(door_to(server, clock).get(URL, KEY)).status == status
    assert (len(server.requests), clock.sleeps) == (1, [])


def test_retry_after_is_honoured_up_to_a_cap(clock: FakeClock) -> None:
    server = Answers(
        httpx.Response(429, headers={"Retry-After": "3"}), httpx.Response(200, json={})
    )
    assert answered(door_to(server, clock).get(URL, KEY)).status == 200
    assert clock.sleeps == [3.0]
    server = Answers(httpx.Response(429, headers={"Retry-After": "3600"}))
    got = answered(door_to(server, clock).get(URL, KEY))
    assert (got.failure().code, len(server.requests)) == ("rate-limited", 1)


def test_waiting_never_passes_the_deadline(clock: FakeClock) -> None:
    server = Answers(httpx.Response(429, headers={"Retry-After": "6"}))
    door_to(server, clock, limits=Limits(deadline=10.0)).get(URL, KEY)
    assert (clock.sleeps, len(server.requests)) == ([6.0], 2)


@pytest.mark.parametrize(
    ("problem", "code", "sent", "tries"),
    [
        (httpx.ConnectError("refused"), "unreachable", False, 3),
        (httpx.ConnectTimeout("slow"), "unreachable", False, 3),
        (httpx.ReadError("reset"), "unreachable", True, 3),
        (httpx.RemoteProtocolError("garbage"), "unreachable", True, 3),
        (httpx.ReadTimeout("slow"), "too-slow", True, 1),
        (httpx.WriteTimeout("slow"), "too-slow", True, 1),
        (httpx.LocalProtocolError(f"bad header {SECRET}"), "unreachable", True, 3),
        (OSError("disk"), "unreachable", True, 3),
        (ValueError(SECRET), "unreachable", True, 3),
    ],
)
def test_errors_of_the_connection_are_values(
    clock: FakeClock, problem: Exception, code: str, sent: bool, tries: int
) -> None:
    server = Answers(problem)
    door = door_to(server, clock)
    got = failed(door.get(URL, KEY))
    assert (got.code, got.sent, len(server.requests)) == (code, sent, tries)
    assert SECRET not in repr((got, door.exchanges))
    assert got.exchange == f"x{tries}"


@pytest.mark.parametrize(
    "problem",
    [
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        500,
        503,
        429,
        302,
    ],
)
def test_a_post_is_sent_once_whatever_happens(clock: FakeClock, problem: Exception | int) -> None:
    answer = httpx.Response(problem) if isinstance(problem, int) else problem
    server = Answers(answer)
    door = door_to(server, clock)
    door.post_once(URL, {"prompt": "x"}, KEY)
    assert (len(server.requests), clock.sleeps, len(door.exchanges)) == (1, [], 1)


def test_a_post_is_recorded_with_its_body_masked_and_cut(clock: FakeClock) -> None:
    server = Answers(httpx.Response(200, json={}))
    door = door_to(server, clock, limits=Limits(excerpt=60))
    door.post_once(URL, {"k": SECRET, "image": "A" * 500}, KEY, headers={"X-A": "b"})
    assert server.requests[0].headers["content-type"] == "application/json"
    assert server.requests[0].headers["x-a"] == "b"
    excerpt = door.exchanges[0].request_excerpt
    assert excerpt is not None
    assert excerpt == '{"k":"[redacted]","image":"' + "A" * 32 + "…"


@pytest.mark.parametrize(
    "location",
    [
        f"https://{SECRET}.example/x",
        f"https://{SECRET.lower()}.example/x",
        f"https://{SECRET.upper()}/x",
        "https://" + "".join(f"%{ord(char):02x}" for char in SECRET) + "/x",
        "https://aizasya1234567890abcdefghijklmnopqrstuvw/x",
        f"//{SECRET[:9]}@{SECRET}/",
    ],
)
def test_a_redirects_host_may_be_the_key(clock: FakeClock, location: str) -> None:
    server = Answers(httpx.Response(302, headers={"Location": location}))
    got = door_to(server, clock).get(URL, KEY)
    assert isinstance(got, Failure)
    assert "answered with a redirect to [redacted]; " in got.detail


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_named_and_not_followed(clock: FakeClock, status: int) -> None:
    location = f"https://elsewhere.example/{SECRET}?token=x"
    server = Answers(httpx.Response(status, headers={"Location": location}))
    door = door_to(server, clock)
    assert door.get(URL, KEY) == Failure(
        "unreadable",
        "router.flatkey.ai/v1/models answered with a redirect to elsewhere.example; redirects are "
        "not followed with a key",
        "x1",
        sent=True,
    )
    assert len(server.requests) == 1


def test_a_redirect_with_a_broken_location_is_a_failure(clock: FakeClock) -> None:
    server = Answers(httpx.Response(302, headers={"Location": "https://[broken"}))
    assert failed(door_to(server, clock).get(URL, KEY)).code in {"unreadable", "unreachable"}


def test_cookies_are_not_kept(clock: FakeClock) -> None:
    server = Answers(httpx.Response(200, json={}, headers={"Set-Cookie": "a=b; Path=/"}))
    door = door_to(server, clock)
    door.get(URL, KEY)
    door.get(URL, KEY, fresh=True)
    assert "cookie" not in server.requests[1].headers


def test_headers_of_an_answer_are_fit_to_print(clock: FakeClock) -> None:
    server = Answers(httpx.Response(200, json={}, headers=[(b"X-Odd", b"a\x1b[31mb")]))
    assert answered(door_to(server, clock).get(URL, KEY)).headers["x-odd"] == "ab"


def test_statuses_have_codes(clock: FakeClock) -> None:
    codes = {}
    for status in (204, 400, 401, 403, 404, 429, 500):
        server = Answers(httpx.Response(status))
        codes[status] = answered(door_to(server, clock).get(URL, KEY)).failure().code
    assert codes == {
        204: "unreadable",
        400: "refused",
        401: "key-refused",
        403: "refused",
        404: "refused",
        429: "rate-limited",
        500: "server-error",
    }


def test_a_failure_becomes_the_missing_of_its_probe() -> None:
    missing = Failure("too-slow", "host did not answer", "x4").as_missing("catalog")
    assert (missing.probe, missing.code, missing.exchanges) == ("catalog", "too-slow", ("x4",))
    assert Failure("offline", "no").as_missing("catalog").exchanges == ()
