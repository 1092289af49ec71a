"""The controlled failure: which wrong request is sent, at what cost, and what a late refusal is."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from check_world import (
    GOOGLE,
    MODEL,
    OPENAI,
    a_book,
    a_capability,
    a_life,
    a_price,
    a_route,
    codes,
    heard,
)
from paid_world import Desk
from veo_check.checks.controlled_failure import controlled_failure
from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing
from veo_check.core.findings import Outcome, Status, Tier
from veo_check.core.results import ControlledFailure
from veo_check.gateways.registry import gateway_of
from veo_check.pricing.job_cost import PriceSources
from veo_check.reference.load import Reference, load_reference
from veo_check.smoke.controlled_failure import WrongRequest, wrong_request
from veo_check.smoke.cost import CostEstimate
from veo_check.smoke.steps import SmokeOutcome

DAY = date(2026, 11, 22)
UNREAD = Missing("catalog", "offline", "x")


def planned(
    book: Reference, via: dict[str, Any] | None = None, day: date = DAY
) -> WrongRequest | Missing:
    changes = {**(GOOGLE if via is None else via), "smoke": {"seconds": 4, "resolution": "720p"}}
    return wrong_request(
        a_route(changes), PriceSources(book, AsOf(day, day), gateway_of, UNREAD, UNREAD)
    )


def gone(
    *models: str,
    shutdown: str = "2026-06-30",
    price: str | None = "0.10",
    at_end: str | None = None,
    **more: Any,
) -> Reference:
    """A book with the route's own model and these retired ones."""
    then = {} if at_end is None else {"at_end": at_end}
    if at_end == "rerouted":
        then["reroutes_to"] = "veo-9.9-generate-001"
    return a_book(
        lifecycle=[a_life(), *(a_life(model, shutdown=shutdown, **then) for model in models)],
        capabilities=[a_capability(), *(a_capability(model, **more) for model in models)],
        prices=[a_price("0.12"), *(a_price(price, model=model) for model in models if price)],
    )


@pytest.mark.parametrize(
    ("via", "kind"),
    [
        ({}, "unsupported-parameter"),
        ({"via.gateway": "newapi", "via.base_url": "https://g.example"}, "unsupported-parameter"),
        (OPENAI, "retired-model"),
        (GOOGLE, "retired-model"),
        ({**GOOGLE, "model.surface": "gemini-api"}, "unsupported-parameter"),
    ],
)
def test_what_is_not_written_is_chosen_by_the_gateway(via: dict[str, Any], kind: str) -> None:
    route = a_route(via)
    assert gateway_of(route).controlled_failure(route) == kind
    for written in ("unsupported-parameter", "retired-model", "none"):
        route = a_route({**via, "smoke": {"controlled_failure": written}})
        assert gateway_of(route).controlled_failure(route) == written


def test_a_retired_model_is_sent_and_priced_at_the_smoke_tests_own_shape() -> None:
    wrong = planned(gone("veo-2.9-fast"))
    assert isinstance(wrong, WrongRequest)
    assert (wrong.kind, wrong.request.label) == ("retired-model", "veo-2.9-fast")
    assert (wrong.request.seconds, wrong.request.resolution) == (4, "720p")
    assert wrong.sent == "a job for veo-2.9-fast, which was shut down on 2026-06-30"
    assert isinstance(wrong.stake, CostEstimate)
    assert wrong.stake.at_stake == Decimal("0.40")


@pytest.mark.parametrize(
    "book",
    [
        pytest.param(gone(), id="none is known"),
        pytest.param(gone("veo-a", shutdown="2026-10-24"), id="29 days ago"),
        pytest.param(gone("veo-a", at_end="rerouted"), id="a source says rerouted"),
        pytest.param(
            a_book(
                lifecycle=[
                    a_life(),
                    a_life("veo-a", shutdown="2026-06-30"),
                    a_life(
                        "veo-a",
                        surface="gemini-api",
                        shutdown="2026-06-30",
                        at_end="rerouted",
                        reroutes_to="veo-4",
                    ),
                ],
                capabilities=[a_capability(), a_capability("veo-a")],
                prices=[a_price("0.12"), a_price("0.10", model="veo-a")],
            ),
            id="a source says rerouted on another surface",
        ),
        pytest.param(gone("veo-a", seconds=[]), id="its lengths are unknown"),
        pytest.param(gone("veo-a", seconds=[5, 6, 8]), id="it takes other lengths"),
        pytest.param(gone("veo-a", resolutions=["1080p"]), id="other resolutions"),
        pytest.param(gone("veo-a", price=None), id="its price is unknown"),
        pytest.param(gone("veo-a", endpoints=["interactions"]), id="another endpoint family"),
        pytest.param(gone("veo-a", family="sora"), id="another family of models"),
    ],
)
def test_a_model_that_may_answer_or_cost_anything_is_not_sent(book: Reference) -> None:
    assert isinstance(planned(book), Missing)


def test_a_later_date_of_anybody_keeps_a_model_from_being_sent() -> None:
    def book(*rows: dict[str, str]) -> Reference:
        return a_book(
            lifecycle=[a_life(), a_life("veo-a", shutdown="2026-06-30"), *rows],
            capabilities=[a_capability(), a_capability("veo-a")],
            prices=[a_price("0.12"), a_price("0.10", model="veo-a")],
        )

    assert isinstance(planned(book()), WrongRequest)
    for shutdown in ("2027-01-01", "2026-11-10"):
        later = a_life("veo-a", shutdown=shutdown, source="litellm")
        assert isinstance(planned(book(later)), Missing)
    only_third = a_book(
        lifecycle=[a_life(), a_life("veo-a", shutdown="2026-06-30", source="litellm")],
        capabilities=[a_capability(), a_capability("veo-a")],
        prices=[a_price("0.12"), a_price("0.10", model="veo-a")],
    )
    assert isinstance(planned(only_third), Missing)


def test_the_day_decides_whether_a_model_is_gone_long_enough() -> None:
    book = gone("veo-a", shutdown="2026-10-22")
    assert isinstance(planned(book, day=date(2026, 11, 20)), Missing)
    assert isinstance(planned(book, day=date(2026, 11, 21)), WrongRequest)


def test_the_cheapest_goes_first_then_the_routes_own_variant() -> None:
    book = a_book(
        lifecycle=[
            a_life(),
            *(a_life(model, shutdown="2026-06-30") for model in ("veo-a", "veo-b", "veo-c")),
        ],
        capabilities=[
            a_capability(),
            a_capability("veo-a", variant="standard"),
            a_capability("veo-b", variant="fast"),
            a_capability("veo-c", variant="fast"),
        ],
        prices=[
            a_price("0.12"),
            a_price("0.10", model="veo-a"),
            a_price("0.10", model="veo-b"),
            a_price("0.20", model="veo-c"),
        ],
    )
    wrong = planned(book)
    assert isinstance(wrong, WrongRequest)
    assert wrong.request.label == "veo-b"


@pytest.mark.parametrize("via", [GOOGLE, OPENAI])
@pytest.mark.parametrize("official", [MODEL, "veo-3.1-lite-generate-001", "veo-3.1-generate-001"])
def test_the_bundled_data_holds_one_for_each_living_veo(via: dict[str, Any], official: str) -> None:
    book = load_reference()
    wrong = planned(book, {**via, "model.official": official})
    assert isinstance(wrong, WrongRequest)
    assert wrong.request.label == "veo-3.0-fast-generate-001"
    assert isinstance(wrong.stake, CostEstimate)
    assert wrong.stake.at_stake == Decimal("0.40")


# --- refused inside the operation -------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "state")
    desk.world.wrong = "accept"
    return desk


def judged(outcome: SmokeOutcome, desk: Desk) -> Outcome:
    failure = outcome.controlled_failure
    assert isinstance(failure, ControlledFailure)
    return heard(controlled_failure, route=desk.route, failure=failure)


REASON = ("duration-refused", "Unsupported output video duration 5 seconds")


def test_a_refusal_inside_the_operation_passes_with_a_note(desk: Desk) -> None:
    desk.world.wrong_polls = ("queued", "duration-refused")
    outcome = desk.run("5")
    said = judged(outcome, desk)
    assert (codes(said), said.status_at(Tier.PRODUCTION)) == (["note refused-inside"], Status.PASS)
    assert "was accepted, and refused inside the operation" in said.findings[0].message
    assert outcome.spent == Decimal("0.48")  # the smoke job's: the other one came back
    assert desk.run("5").controlled_failure == desk.run().controlled_failure
    assert len(desk.world.posts) == 2


def test_the_reason_may_stand_in_the_refunds_row_alone(desk: Desk) -> None:
    desk.world.wrong_polls, desk.world.reason = ("queued", "failed"), REASON
    said = judged(desk.run("5"), desk)
    assert codes(said) == ["note refused-inside"]
    assert REASON[1] in said.findings[0].message


@pytest.mark.parametrize("reason", [None, ("failed", "task failed")])
def test_refunded_without_a_reason_is_unclear(reason: tuple[str, str] | None, desk: Desk) -> None:
    desk.world.wrong_polls, desk.world.reason = ("failed",), reason
    said = judged(desk.run("5"), desk)
    assert (codes(said), said.status_at(Tier.PRODUCTION)) == (["blocker unclear"], Status.FAIL)


@pytest.mark.parametrize("end", ["filtered", "backend-error"])
def test_another_end_shows_that_the_mistake_was_accepted(end: str, desk: Desk) -> None:
    desk.world.wrong_polls = (end,)
    said = judged(desk.run("5"), desk)
    assert codes(said) == ["blocker accepted"]


def test_a_charge_is_waited_for_and_fails_after_half_an_hour(desk: Desk) -> None:
    desk.world.wrong_polls, desk.world.refund = ("duration-refused",), False
    for _ in range(2):  # nothing is sent again while it is open
        outcome = desk.run("5")
        said = judged(outcome, desk)
        assert (said.findings, said.status_at(Tier.PRODUCTION)) == ((), Status.BLOCKED)
        assert "its charge has not come back yet" in str(said.blocked)
    assert len(desk.world.posts) == 2
    desk.clock.sleep(timedelta(minutes=31).total_seconds())
    said = judged(desk.run("5"), desk)
    assert codes(said) == ["note refused-inside", "blocker charged"]
    assert said.status_at(Tier.PRODUCTION) is Status.FAIL
    assert codes(judged(desk.run(), desk)) == codes(said)  # sealed like that


def test_a_refund_that_comes_in_time_passes(desk: Desk) -> None:
    desk.world.wrong_polls, desk.world.refund = ("duration-refused",), False
    assert judged(desk.run("5"), desk).blocked is not None
    desk.world.refund = True
    for job in desk.world.accepted():
        if job.seconds == 5:
            desk.world.end(job)
    said = judged(desk.run(), desk)
    assert (codes(said), said.status_at(Tier.PRODUCTION)) == (["note refused-inside"], Status.PASS)


def test_where_no_charge_can_be_read_it_warns(desk: Desk) -> None:
    desk.world.wrong_polls, desk.world.log = ("duration-refused",), False
    said = judged(desk.run("5"), desk)
    assert codes(said) == ["note refused-inside", "warning charge-unknown"]


def test_one_that_still_runs_is_not_judged_yet(desk: Desk) -> None:
    desk.world.wrong_polls = ("in_progress",)
    said = judged(desk.run("5"), desk)
    assert (said.findings, "it has not ended yet" in str(said.blocked)) == ((), True)
    desk.world.wrong_polls = ("duration-refused",)
    assert codes(judged(desk.run(), desk)) == ["note refused-inside"]
