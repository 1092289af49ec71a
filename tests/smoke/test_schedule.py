"""The polling schedule: polite, patient, and never past the deadline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_check.core.gateway import Gateway
from veo_check.gateways.google import GOOGLE
from veo_check.gateways.newapi import FLATKEY, NEWAPI
from veo_check.gateways.registry import GATEWAYS
from veo_check.smoke.tools import Pace, next_wait, pace_of


def waits(pace: Pace, deadline: float) -> list[float]:
    done: list[float] = []
    left = deadline
    while (wait := next_wait(pace, len(done), left)) is not None:
        done.append(wait)
        left -= wait
    return done


def test_first_after_the_known_minimum_then_growing() -> None:
    assert [round(one, 2) for one in waits(pace_of(GOOGLE), 120)] == [
        11, 10, 12.5, 15.62, 19.53, 24.41, 26.93,
    ]  # fmt: skip
    assert sum(waits(pace_of(GOOGLE), 600)) == 600


@pytest.mark.parametrize("gateway", [FLATKEY, NEWAPI])
def test_a_content_path_is_looked_at_after_twenty_seconds_and_six_times_a_minute(
    gateway: Gateway,
) -> None:
    done = waits(pace_of(gateway), 600)
    assert (done[0], min(done[1:-1]), max(done)) == (20, 10, 30)


def test_waits_are_shortened_by_what_has_passed() -> None:
    pace = pace_of(GOOGLE)
    assert next_wait(pace, 0, 600, since=4) == 7
    assert next_wait(pace, 0, 600, since=4000) == 0  # resumed: look at once
    assert next_wait(pace, 1, 600, since=4000, retry_after=3) == 3


def test_retry_after_is_honoured_up_to_the_deadline() -> None:
    pace = pace_of(GOOGLE)
    assert next_wait(pace, 1, 600, retry_after=41) == 41
    assert next_wait(pace, 1, 600, retry_after=1) == 10
    assert next_wait(pace, 1, 40, retry_after=41) is None
    assert next_wait(pace, 1, 41, retry_after=41) == 41


def test_one_last_look_at_the_deadline() -> None:
    pace = pace_of(GOOGLE)
    assert next_wait(pace, 3, 2.5) == 2.5
    assert next_wait(pace, 3, 0) is None
    assert next_wait(pace, 3, -1) is None


@given(
    st.sampled_from(sorted(GATEWAYS.values(), key=lambda known: known.name)),
    st.integers(0, 10_000),
    st.floats(0.001, 86_400),
    st.floats(0, 86_400),
    st.none() | st.floats(0, 1e9),
)
def test_always_a_wait_within_the_deadline(
    gateway: Gateway, polls: int, left: float, since: float, retry_after: float | None
) -> None:
    wait = next_wait(pace_of(gateway), polls, left, since=since, retry_after=retry_after)
    if wait is None:
        assert retry_after is not None
        assert retry_after > left
    else:
        assert 0 <= wait <= left
        assert wait >= min(left, retry_after or 0)
