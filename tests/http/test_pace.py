"""How often one place is asked: content in turns, usage records within an allowance."""

from __future__ import annotations

import httpx
import pytest

from doors import KEY, Answers, answered, door_to, failed
from fake_clock import FakeClock
from veo_check.http.client import Turns

USAGE = "https://console.flatkey.ai/api/usage/token/"
LOG = "https://console.flatkey.ai/api/log/token"


def test_turns_are_ten_seconds_apart_whoever_takes_them() -> None:
    turns = Turns(10, 120)
    assert [turns.take(0) for _ in range(7)] == [0, 10, 20, 30, 40, 50, 60]
    assert turns.take(100) == 0


def test_a_429_doubles_the_gap_up_to_two_minutes() -> None:
    turns, gaps = Turns(10, 120), []
    for now in range(1000, 7000, 1000):
        turns.slower(now)
        gaps.append(-turns.take(now) + turns.take(now))
    assert gaps == [20, 40, 80, 120, 120, 120]


def test_the_turns_of_an_origin_are_everybodys(clock: FakeClock) -> None:
    door = door_to(Answers(httpx.Response(200)), clock)
    first = door.turns("https://router.flatkey.ai/v1/videos/a/content")
    assert door.turns("https://router.flatkey.ai/v1/videos/b/content") is first
    assert door.turns("https://console.flatkey.ai/v1/videos/b/content") is not first


def test_limited_reads_are_counted_by_origin_and_refused_before_the_host_would(
    clock: FakeClock,
) -> None:
    server = Answers(httpx.Response(200, json={}))
    door = door_to(server, clock)
    for number in range(18):
        clock.pass_time(10)
        answered(door.get(USAGE if number % 2 else LOG, KEY, fresh=True, limited=True))
    spent = failed(door.get(LOG, KEY, fresh=True, limited=True))
    assert (spent.code, spent.sent, len(server.requests)) == ("rate-limited", False, 18)
    assert spent.detail == (
        "console.flatkey.ai allows few reads of its usage record, and this run has used them up; "
        "run again after 12:20 UTC"
    )
    answered(door.get("https://router.flatkey.ai/api/log/token", KEY, fresh=True, limited=True))
    clock.pass_time(20 * 60 - 170)
    answered(door.get(LOG, KEY, fresh=True, limited=True))


def test_a_limited_read_is_sent_once_and_remembered(clock: FakeClock) -> None:
    server = Answers(httpx.Response(503), httpx.Response(200, json={"n": 1}))
    door = door_to(server, clock)
    assert door.remembered(LOG, KEY) is None
    assert answered(door.get(LOG, KEY, limited=True)).status == 503  # not asked three times
    newer = answered(door.get(LOG, KEY, fresh=True, limited=True))
    assert door.remembered(LOG, KEY) is newer
    assert answered(door.get(LOG, KEY, limited=True)) is newer
    assert len(server.requests) == 2


@pytest.mark.parametrize(("header", "said"), [("1200", "; it asks to wait 1200 s"), ("soon", "")])
def test_a_429_says_how_long_it_asks_to_wait(header: str, said: str, clock: FakeClock) -> None:
    server = Answers(httpx.Response(429, headers={"retry-after": header}))
    answer = answered(door_to(server, clock).get(LOG, KEY, limited=True))
    assert answer.failure().detail == f"console.flatkey.ai/api/log/token answered 429{said}"
