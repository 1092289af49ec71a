from __future__ import annotations

import gzip
import zlib

import httpx
import pytest

from doors import KEY, URL, Answers, Chunks, answered, door_to, failed
from fake_clock import FakeClock
from veo_check.http.answers import Failure, Limits


def test_a_body_over_the_limit_ends_the_reading(clock: FakeClock) -> None:
    stream = Chunks([b"x" * 1000] * 1000)
    server = Answers(httpx.Response(200, stream=stream))
    got = failed(door_to(server, clock, limits=Limits(body=5000)).get(URL, KEY))
    assert (got.code, got.detail) == (
        "unreadable",
        "router.flatkey.ai/v1/models answered with more than 5000 bytes",
    )
    assert stream.read == 6


def test_an_error_page_over_the_limit_is_cut(clock: FakeClock) -> None:
    stream = Chunks([b"x" * 1000] * 1000)
    server = Answers(httpx.Response(404, stream=stream))
    got = answered(door_to(server, clock, limits=Limits(error_body=3000)).get(URL, KEY))
    assert (got.status, len(got.body), stream.read) == (404, 3000, 4)


def test_an_endless_drip_ends_at_the_deadline(clock: FakeClock) -> None:
    stream = Chunks([b" "] * 10_000, between=lambda: clock.pass_time(1))
    server = Answers(httpx.Response(200, stream=stream))
    got = failed(door_to(server, clock, limits=Limits(deadline=20)).get(URL, KEY))
    assert (got.code, stream.read) == ("too-slow", 20)
    assert got.detail == "router.flatkey.ai/v1/models did not finish its answer in time"


def test_answers_compressed_without_being_asked_are_read(clock: FakeClock) -> None:
    plain = b'{"a": 1}'
    raw = zlib.compressobj(wbits=-15)
    for encoding, body in [
        ("gzip", gzip.compress(plain)),
        ("deflate", zlib.compress(plain)),
        ("deflate", raw.compress(plain) + raw.flush()),
        ("identity", plain),
    ]:
        stream = Chunks([body[at : at + 3] for at in range(0, len(body), 3)])
        answer = httpx.Response(200, stream=stream, headers={"Content-Encoding": encoding})
        assert answered(door_to(Answers(answer), clock).get(URL, KEY)).json == {"a": 1}


def test_a_gzip_bomb_is_not_unpacked(clock: FakeClock) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    answer = httpx.Response(200, stream=Chunks([bomb]), headers={"Content-Encoding": "gzip"})
    got = failed(door_to(Answers(answer), clock, limits=Limits(body=1_000_000)).get(URL, KEY))
    assert (got.code, got.sent) == ("unreadable", True)


@pytest.mark.parametrize(
    ("encoding", "body", "why"),
    [
        ("br", b"x", "answered in a content encoding that was not asked for"),
        ("gzip, gzip", b"x", "answered in a content encoding that was not asked for"),
        ("gzip", b"not gzip", "answered with damaged compressed data"),
        ("gzip", gzip.compress(b"x" * 99)[:-9], "answered with compressed data that breaks off"),
        ("gzip", gzip.compress(b"x") + b"more", "answered with data after its compressed data"),
    ],
)
def test_other_encodings_cannot_be_read(
    clock: FakeClock, encoding: str, body: bytes, why: str
) -> None:
    answer = httpx.Response(200, stream=Chunks([body]), headers={"Content-Encoding": encoding})
    got = failed(door_to(Answers(answer), clock).get(URL, KEY))
    assert got == Failure("unreadable", f"router.flatkey.ai/v1/models {why}", "x1", sent=True)


def test_a_web_page_is_named(clock: FakeClock) -> None:
    server = Answers(httpx.Response(200, html="<html>Sign in</html>"))
    assert answered(door_to(server, clock).get(URL, KEY)).json == Failure(
        "unreadable",
        "the answer of router.flatkey.ai/v1/models cannot be used: it is a web page (HTML or XML), "
        "not JSON",
        "x1",
        sent=True,
    )
