from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from check_world import (
    GOOGLE,
    a_catalog,
    a_cost,
    a_route,
    a_status,
    a_usage,
    accepted_key,
    codes,
    heard,
    judging,
    missing,
)
from veo_check.checks.key_accepted import key_accepted
from veo_check.core.clock import AsOf
from veo_check.core.facts import Catalog, GatewayStatus, KeyAnswer, KeyUsage, Missing
from veo_check.core.findings import Finding, Outcome, blocker
from veo_check.core.jobs import MEANINGS, Symptom

#: what one job of the tests' route costs: 8 s at 0.12, in quota units
ONE_JOB = 480_000


def run(
    usage: KeyUsage | Missing | None = None,
    answer: KeyAnswer | None = None,
    catalog: Catalog | Missing | None = None,
    status: GatewayStatus | Missing | None = None,
    when: AsOf | None = None,
    changes: dict[str, Any] | None = None,
) -> Outcome:
    route = a_route(changes)
    return heard(
        key_accepted,
        route=route,
        answer=answer or accepted_key(),
        usage=usage or a_usage(),
        status=status or a_status(),
        cost=a_cost(route, None, catalog, status or a_status()),
        judging=when or judging(),
    )


def last(outcome: Outcome) -> Finding:
    return outcome.findings[-1]


def test_a_key_of_the_wrong_kind_names_the_command_that_makes_a_token() -> None:
    answer = KeyAnswer("refused", 401, "API keys are not supported", symptom="wrong-credential")
    assert "gcloud auth print-access-token" in str(last(run(answer=answer, changes=GOOGLE)).fix)


@pytest.mark.parametrize(
    ("symptom", "step"),
    [
        ("old-api-key", "make a new API key, which begins AQ."),
        ("token-refused", "gcloud auth print-access-token"),
        ("key-refused", "put a working key into the variable"),
        ("api-disabled", "gcloud services enable"),
    ],
)
def test_what_is_wrong_with_googles_key_has_its_own_step(symptom: Symptom, step: str) -> None:
    answer = KeyAnswer("refused", 401, "no", symptom=symptom)
    finding = last(run(answer=answer, changes=GOOGLE))
    assert step in str(finding.fix)
    assert (MEANINGS[symptom].says in finding.message) is (symptom != "key-refused")


@pytest.mark.parametrize(
    "answer",
    [
        KeyAnswer("refused", 401, "Invalid token"),  # upstream new-api
        KeyAnswer("denied", 403, "no quota", symptom="no-quota"),  # Flatkey
    ],
)
def test_a_key_with_nothing_left_is_not_called_a_bad_key(answer: KeyAnswer) -> None:
    outcome = run(a_usage(available=0), answer)
    assert codes(outcome) == ["blocker no-quota"]
    assert last(outcome).fix == "raise the key's quota in the gateway's console"
    assert codes(run(a_usage(), answer)) == [f"blocker {answer.state}"]
    assert codes(run(a_usage(available=0, unlimited=True), answer)) == [f"blocker {answer.state}"]


def test_refused_is_one_failure_and_the_end() -> None:
    outcome = run(answer=KeyAnswer("refused", 401, "Invalid token", ("x1",)))
    assert outcome.findings == (
        blocker(
            "key-accepted/refused",
            (
                "The gateway refused the key: https://router.flatkey.ai answered HTTP "
                '401: "Invalid token".'
            ),
            at="via.key",
            expected="accepted",
            actual="HTTP 401",
            fix="put a working key for this gateway into the variable that via.key.env names",
            evidence=("x1",),
        ),
    )


def test_denied_is_a_known_key_that_may_not() -> None:
    outcome = run(answer=KeyAnswer("denied", 403))
    assert codes(outcome) == ["blocker denied"]
    assert last(outcome).message == (
        "The gateway knows the key, without access: https://router.flatkey.ai answered HTTP 403."
    )


def test_quota_for_one_job() -> None:
    outcome = run(a_usage(available=ONE_JOB))
    assert codes(outcome) == ["note accepted", "note quota"]
    assert last(outcome).message == "The key has $0.96 left; one job costs $0.96."


def test_not_enough_for_one_job() -> None:
    outcome = run(a_usage(available=ONE_JOB - 1))
    assert codes(outcome) == ["note accepted", "blocker no-quota"]
    assert last(outcome).message == (
        "The key has 479999 quota units left ($0.96); one job costs $0.96."
    )
    assert last(outcome).expected == "$0.96"


def test_any_number_a_gateway_may_tell() -> None:
    outcome = run(a_usage(available=10**60))
    assert last(outcome).message == "The key has over $10^15 left; one job costs $0.96."
    outcome = run(a_usage(available=-(10**60)))
    assert codes(outcome) == ["note accepted", "blocker no-quota"]


def test_the_gateways_own_quota_unit() -> None:
    status = GatewayStatus(Decimal(1_000_000), "v1")
    assert codes(run(a_usage(available=ONE_JOB), status=status)) == [
        "note accepted",
        "blocker no-quota",
    ]


@pytest.mark.parametrize(
    "status", [missing(), GatewayStatus(None, "v1"), GatewayStatus(Decimal(0), "v1")]
)
def test_quota_of_unknown_worth_is_not_compared(status: GatewayStatus | Missing) -> None:
    outcome = run(a_usage(available=5), status=status)
    assert codes(outcome) == ["note accepted", "note quota"]
    assert last(outcome).message == (
        "The key has 5 quota units left (their value in USD is not known); what a "
        "job costs here is not known."
    )
    assert codes(run(a_usage(available=0), status=status))[1] == "blocker no-quota"


@pytest.mark.parametrize("catalog", [missing(), a_catalog()])
def test_an_unknown_price_is_not_compared(catalog: Catalog | Missing) -> None:
    outcome = run(a_usage(available=5), catalog=catalog)
    assert codes(outcome) == ["note accepted", "note quota"]
    assert last(outcome).message == (
        "The key has 5 quota units left ($0.00); what a job costs here is not known."
    )
    outcome = run(a_usage(available=0), catalog=catalog)
    assert codes(outcome) == ["note accepted", "blocker no-quota"]


def test_unlimited_says_what_it_cannot_see() -> None:
    outcome = run(a_usage(unlimited=True, available=0))
    assert codes(outcome) == ["note accepted", "note unlimited"]


def test_the_allow_list() -> None:
    assert codes(run(a_usage(allowed_models=("veo3.1-fast",)))) == ["note accepted", "note quota"]
    outcome = run(a_usage(allowed_models=("gpt-5", "veo3.1")))
    assert codes(outcome) == ["note accepted", "blocker model-not-allowed", "note quota"]
    assert outcome.findings[1].actual == "gpt-5, veo3.1"
    assert codes(run(a_usage(allowed_models=())))[1] == "blocker model-not-allowed"


def test_the_deny_list() -> None:
    assert codes(run(a_usage(denied_models=("gpt-5",)))) == ["note accepted", "note quota"]
    assert codes(run(a_usage(denied_models=("veo3.1-fast",))))[1] == "blocker model-denied"


def test_expiry() -> None:
    def expiring(day: date, when: AsOf | None = None) -> list[str]:
        moment = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
        return codes(run(a_usage(expires_at=moment), when=when))[1:-1]

    assert expiring(date(2026, 11, 21)) == ["blocker expired"]
    assert expiring(date(2026, 11, 22)) == ["warning expires"]
    assert expiring(date(2027, 2, 20)) == ["warning expires"]
    assert expiring(date(2027, 2, 21)) == []
    later = judging(date(2027, 6, 1), date(2026, 11, 22))
    assert expiring(date(2027, 2, 21), later) == ["blocker expired"]


def test_a_gateway_that_does_not_tell() -> None:
    hole = missing("not-offered", "key-usage", "gateway google has no usage that a key can read")
    outcome = run(hole, catalog=missing(), changes=GOOGLE)
    assert codes(outcome) == ["note accepted", "note quota-unknown"]
    assert codes(run(missing("rate-limited"))) == ["note accepted", "warning quota-unknown"]
