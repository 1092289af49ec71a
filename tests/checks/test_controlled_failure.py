"""controlled-failure: good only when refused with its reason, by nobody else, for nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import get_args

import pytest

from check_world import MODEL, a_route, codes, heard
from veo_check.checks.controlled_failure import controlled_failure
from veo_check.core.findings import Outcome, Status, Tier
from veo_check.core.jobs import Symptom
from veo_check.core.results import ControlledFailure

GOOD = ControlledFailure(
    "j2",
    "unsupported-parameter",
    "a clip of 5 s, which it does not make",
    "refused",
    "duration-refused",
    400,
    "invalid_request",
    "out of bound",
    charged=False,
    exchanges=("x7",),
)


def judged(**changed: object) -> Outcome:
    failure = replace(GOOD, **changed)  # type: ignore[arg-type]
    return heard(controlled_failure, route=a_route(), failure=failure)


@pytest.mark.parametrize(
    ("changed", "said", "status"),
    [
        ({}, ["note refused"], Status.PASS),
        ({"charged": None}, ["note refused", "warning charge-unknown"], Status.WARN),
        ({"charged": True}, ["note refused", "blocker charged"], Status.FAIL),
        ({"outcome": "refused-unclearly", "symptom": "refused"}, ["blocker unclear"], Status.FAIL),
        ({"outcome": "refused-unclearly", "symptom": None}, ["blocker unclear"], Status.FAIL),
        ({"outcome": "refused-unclearly", "symptom": "rate-limited"}, [], Status.BLOCKED),
        ({"outcome": "refused-unclearly", "symptom": "no-quota"}, [], Status.BLOCKED),
        ({"outcome": "accepted", "served_model": MODEL}, ["blocker accepted"], Status.FAIL),
        ({"outcome": "accepted"}, ["blocker accepted"], Status.FAIL),
        ({"outcome": "accepted", "served_model": "veo-3.1"}, ["blocker rerouted"], Status.FAIL),
        ({"outcome": "uncertain"}, ["warning submit-uncertain"], Status.BLOCKED),
    ],
)
def test_each_outcome(changed: dict[str, object], said: list[str], status: Status) -> None:
    outcome = judged(**changed)
    assert codes(outcome) == said
    assert outcome.status_at(Tier.PRODUCTION) is status


def test_nothing_but_a_clean_refusal_passes() -> None:
    outcomes = ("refused-unclearly", "accepted", "uncertain")
    for case in product(outcomes, [*get_args(Symptom), None], [True, False, None]):
        outcome, symptom, charged = case
        said = judged(outcome=outcome, symptom=symptom, charged=charged)
        assert said.status_at(Tier.PRODUCTION) in {Status.FAIL, Status.BLOCKED}, case


def test_a_code_that_only_repeats_the_status_is_not_said_twice() -> None:
    (refused,) = judged(code="400").findings
    assert "was refused with HTTP 400 (" in refused.message
