"""Each row of the lifecycle table as the check weighs it; the table itself is tested below."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from check_world import (
    GOOGLE,
    MODEL,
    a_book,
    a_capability,
    a_life,
    a_proof,
    a_route,
    a_source,
    codes,
    heard,
    judging,
    missing,
    official,
    only,
)
from paid_jobs import proof
from veo_check.checks.model_lifecycle import model_lifecycle
from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing, OfficialModel, ProvenLife
from veo_check.core.findings import TARGETS, Outcome, ReferenceUse, Status, Tier, ValidUntil
from veo_check.core.results import JobResult, ProofStatus
from veo_check.reference.lifecycle import judge_lifecycle
from veo_check.reference.load import Reference, load_reference

OLD = {"old": a_source("google", confirmed="2026-10-01")}


def run(
    book: Reference,
    asked: OfficialModel | Missing | None = None,
    proven: ProvenLife | Missing | None = None,
    when: AsOf | None = None,
    changes: dict[str, Any] | None = None,
    job: JobResult | None = None,
    status: ProofStatus | None = None,
) -> Outcome:
    return heard(
        model_lifecycle,
        route=a_route(changes),
        reference=book,
        judging=when or judging(),
        official=asked or missing(),
        proven=proven or missing(),
        job=job or missing(),
        status=status or missing(),
    )


def life(shutdown: str, kind: str = "exact", **more: str) -> Reference:
    return a_book(lifecycle=[a_life(shutdown=shutdown, kind=kind, **more)])


def statuses(outcome: Outcome) -> list[str]:
    return [outcome.status_at(tier).value for tier in TARGETS]


def test_unknown_is_blocked() -> None:
    outcome = run(a_book(lifecycle=[a_life("veo-2")]))
    assert statuses(outcome) == ["blocked"] * 3
    assert [one.code for one in outcome.findings] == ["model-lifecycle/unknown"]
    assert outcome.uses == ()


def test_unknown_but_offered_is_blocked_and_says_that_the_table_lags() -> None:
    outcome = run(a_book(lifecycle=[a_life("veo-2")]), official())
    assert statuses(outcome) == ["blocked"] * 3
    assert outcome.blocked is not None
    assert "the data is behind" in outcome.blocked


def test_unknown_and_google_does_not_know_it_fails() -> None:
    outcome = run(a_book(lifecycle=[a_life("veo-2")]), official("not-found"))
    assert codes(outcome) == ["blocker gone"]
    assert statuses(outcome) == ["fail"] * 3


def test_not_released_yet_is_blocked() -> None:
    outcome = run(a_book(lifecycle=[a_life(released="2026-12-01")]), official())
    assert statuses(outcome) == ["blocked"] * 3


def test_a_live_404_is_retired_with_the_replacement_it_names() -> None:
    asked = official("no-longer-available", replacement="gemini-omni-1.1-flash")
    outcome = run(a_book(), asked)
    assert codes(outcome) == ["blocker retired"]
    assert only(outcome).fix == (
        "move to gemini-omni-1.1-flash; what changes: veo-check migrate ROUTE --to "
        "gemini-omni-1.1-flash"
    )
    assert "Named replacement: gemini-omni-1.1-flash." in only(outcome).message
    assert statuses(outcome) == ["fail"] * 3
    assert "x2" in only(outcome).evidence


@pytest.mark.parametrize("kind", ["exact", "earliest"])
def test_a_passed_day_is_retired_however_old_the_row(kind: str) -> None:
    old = {"google": a_source(confirmed="2026-01-01")}
    book = a_book(sources=old, lifecycle=[a_life(shutdown="2026-10-22", kind=kind)])
    outcome = run(book)
    assert codes(outcome) == ["blocker retired"]
    assert statuses(outcome) == ["fail"] * 3
    assert only(outcome).actual == (
        "2026-10-22" if kind == "exact" else "2026-10-22 at the earliest"
    )
    assert outcome.untils == ()


def test_the_day_itself_has_passed() -> None:
    assert codes(run(life("2026-11-22"))) == ["blocker retired"]
    assert codes(run(life("2026-11-23"))) == ["blocker retiring"]


def test_a_passed_day_with_live_evidence_is_contradictory() -> None:
    outcome = run(life("2026-10-22"), official())
    assert codes(outcome) == ["blocker contradictory"]
    assert statuses(outcome) == ["warn", "warn", "fail"]


def test_a_passed_not_before_is_contested() -> None:
    book = life("2026-11-17", "not-before")
    outcome = run(book)
    assert statuses(outcome) == ["blocked"] * 3
    assert outcome.untils == ()  # a passed not-before is no end
    outcome = run(book, official())
    assert codes(outcome) == ["warning contested"]
    assert statuses(outcome) == ["warn"] * 3
    assert outcome.untils == ()


def test_sources_on_both_sides_of_the_day_are_contested() -> None:
    book = a_book(
        lifecycle=[
            a_life(shutdown="2026-11-17", kind="not-before"),
            a_life(shutdown="2027-05-04", kind="not-before", source="litellm"),
        ]
    )
    outcome = run(book, official())
    assert codes(outcome) == ["warning contested"]
    assert "2026-11-17 or later" in only(outcome).message
    assert "2027-05-04 or later" in only(outcome).message
    model_ends = [one for one in outcome.untils if one.model]
    assert [one.day for one in model_ends] == [date(2027, 5, 4)]


def test_a_rerouted_model_fails_at_staging_and_names_the_move() -> None:
    book = a_book(
        lifecycle=[
            a_life(
                shutdown="2026-11-03",
                kind="exact",
                at_end="rerouted",
                reroutes_to="gemini-omni-1.2-flash",
                replacement="gemini-omni-1.2-flash",
            )
        ]
    )
    outcome = run(book)
    assert codes(outcome) == ["blocker rerouted"]
    assert statuses(outcome) == ["warn", "fail", "fail"]
    assert "answered by gemini-omni-1.2-flash, at that model's price" in only(outcome).message
    # a listing that still names the id does not say which model answers; a job does
    assert codes(run(book, official())) == ["blocker rerouted"]
    assert codes(run(book, proven=a_proof())) == ["blocker contradictory"]


def test_a_proof_is_evidence_of_life_until_it_expires() -> None:
    outcome = run(load_reference(), proven=a_proof())
    assert codes(outcome) == ["warning contested"]
    assert only(outcome).evidence[-2:] == ("proof:p1", "x9")
    assert ValidUntil(date(2026, 11, 29), "the smoke proof expires") in outcome.untils
    assert all(use.live for use in outcome.uses)


@pytest.mark.parametrize("served", ["veo-3.1-generate-001", None])
def test_a_proof_that_another_model_served_is_none(served: str | None) -> None:
    outcome = run(load_reference(), proven=a_proof(served))
    assert statuses(outcome) == ["blocked"] * 3


def test_retiring_fails_at_production_and_warns_below() -> None:
    outcome = run(life("2027-01-15"))
    assert codes(outcome) == ["blocker retiring"]
    assert only(outcome).warn_below is Tier.PRODUCTION
    assert statuses(outcome) == ["warn", "warn", "fail"]
    assert outcome.untils == (ValidUntil(date(2027, 1, 15), "the model shuts down", model=True),)


def test_the_horizon_starts_at_the_cutover() -> None:
    book = life("2027-05-04")
    assert codes(run(book)) == ["note alive"]
    outcome = run(book, changes={"route.cutover": "2027-03-01"})
    assert codes(outcome) == ["blocker retiring"]
    assert only(outcome).message.endswith(
        "Traffic moves here on 2027-03-01 and needs 90 days after that."
    )
    past = run(book, changes={"route.cutover": "2026-03-01"})
    assert codes(past) == ["note alive"]
    assert codes(run(book, when=judging(within_days=163))) == ["blocker retiring"]


def test_too_old_a_row_is_blocked_unless_live() -> None:
    book = a_book(sources=OLD, lifecycle=[a_life(source="old", shutdown="2027-05-04")])
    outcome = run(book)
    assert statuses(outcome) == ["blocked"] * 3
    outcome = run(book, official())
    assert codes(outcome) == ["warning dates-aging"]
    assert only(outcome).fix == "run veo-check refresh"
    assert outcome.uses == (
        ReferenceUse(f"life:agent-platform:{MODEL}:old", "lifecycle", date(2026, 10, 1), live=True),
    )


def test_alive() -> None:
    outcome = run(life("2027-11-01"))
    assert only(outcome).message == (
        "The model is served on agent-platform; shutdown: 2027-11-01, last confirmed 2026-11-10."
    )
    assert statuses(outcome) == ["pass"] * 3
    assert outcome.uses == (
        ReferenceUse(f"life:agent-platform:{MODEL}:google", "lifecycle", date(2026, 11, 10)),
    )
    assert only(outcome).evidence == (f"ref:life:agent-platform:{MODEL}:google",)


def test_no_date_announced_is_alive() -> None:
    assert statuses(run(a_book())) == ["pass"] * 3
    assert run(a_book()).untils == ()


def test_without_live_evidence_the_freshest_reading_carries_the_judgement() -> None:
    book = a_book(
        lifecycle=[
            a_life(shutdown="2027-11-01"),
            a_life(shutdown="2027-11-01", source="comfy"),
        ]
    )
    assert [use.row for use in run(book).uses] == [f"life:agent-platform:{MODEL}:google"]
    assert len(run(book, official()).uses) == 2


def test_live_facts_count_for_the_clocks_day_alone() -> None:
    later = judging(date(2027, 6, 1), date(2026, 11, 22))
    outcome = run(load_reference(), official(), when=later)
    assert outcome.status_at(Tier.PRODUCTION) is Status.BLOCKED


@pytest.mark.parametrize(
    ("base_url", "state"),
    [
        (None, "warn"),
        ("https://europe-west4-aiplatform.googleapis.com", "warn"),
        ("https://aiplatform.googleapis.com.evil.example", "blocked"),
        ("http://127.0.0.1:8000", "blocked"),
    ],
)
def test_only_a_host_of_google_shows_that_google_still_serves(
    base_url: str | None, state: str
) -> None:
    book = life("2026-11-17", "not-before")
    given = {} if base_url is None else {"via.base_url": base_url}
    outcome = run(book, official(), changes={**GOOGLE, **given})
    assert statuses(outcome) == [state] * 3
    assert ("warning not-google" in codes(outcome)) is (state == "blocked")


def test_a_stranger_that_offers_a_living_model_is_named_and_a_404_still_counts() -> None:
    elsewhere = {**GOOGLE, "via.base_url": "http://127.0.0.1:8000"}
    outcome = run(life("2027-11-17"), official(), changes=elsewhere)
    assert (statuses(outcome), codes(outcome)) == (
        ["warn"] * 3,
        ["warning not-google", "note alive"],
    )
    gone = run(life("2027-11-17"), official("not-found"), changes=elsewhere)
    assert (statuses(gone), codes(gone)) == (["fail"] * 3, ["blocker retired"])


def test_retired_says_where_the_family_still_runs() -> None:
    book = a_book(
        lifecycle=[
            a_life(shutdown="2026-10-22", replacement="veo-4"),
            a_life("veo-4"),
            a_life("veo-5", shutdown="2026-11-17", kind="not-before"),
            a_life("veo-dead", shutdown="2026-01-01"),
            a_life("omni"),
        ],
        capabilities=[
            a_capability(),
            a_capability("veo-4"),
            a_capability("veo-5"),
            a_capability("veo-dead"),
            a_capability("omni", family="gemini-omni"),
        ],
    )
    assert only(run(book)).message == (
        "The model was shut down on 2026-10-22. Source: Google, read 2026-11-10. "
        "Named replacement: veo-4. Still served: veo-4 (agent-platform), veo-5 "
        "(agent-platform, dates conflict)."
    )
    assert (
        only(run(life("2026-10-22"))).message
        == "The model was shut down on 2026-10-22. Source: Google, read 2026-11-10."
    )
    assert only(run(life("2026-10-22"))).fix == (
        "choose a model that is alive: veo-check lifecycle lists them"
    )


GONE = f"This model models/{MODEL} is no longer available."


@pytest.mark.parametrize(
    ("via", "symptom", "status", "text", "said"),
    [
        ({}, "model-retired", 404, GONE, "fail"),
        ({}, "model-retired", 404, f"This model models/{MODEL}-x is no longer available.", "pass"),
        ({}, "model-unknown", 404, f"Publisher Model {MODEL} was not found", "pass"),
        (GOOGLE, "model-retired", 404, "It has been shut down.", "fail"),
        (GOOGLE, "model-unknown", 404, f"Publisher Model {MODEL} was not found", "fail"),
        (GOOGLE, "model-unknown", 400, "no such model", "pass"),
        (GOOGLE, "rate-limited", 429, GONE, "pass"),
    ],
)
def test_a_refused_submit_is_googles_own_word(
    via: dict[str, Any], symptom: str, status: int, text: str, said: str
) -> None:
    job = replace(
        proof().job,
        state="refused",
        symptom=symptom,
        status_code=status,
        failure=text,
        replacement="veo-4",
        exchanges=("x9",),
    )
    outcome = run(a_book(lifecycle=[a_life()]), official(), changes=dict(via), job=job)
    assert statuses(outcome) == [said] * 3
    if said == "fail":
        (finding,) = [one for one in outcome.findings if one.severity == "blocker"]
        assert finding.code == "model-lifecycle/retired"
        assert "The answer names veo-4 instead." in finding.message
        assert finding.evidence[-1] == "x9"
    later = ProofStatus("not-finished", "the newest paid job was refused", refused=job)
    listed = run(a_book(lifecycle=[a_life()]), official(), changes=dict(via), status=later)
    assert statuses(listed) == [said] * 3
    accepted = replace(job, state="failed")
    assert statuses(run(a_book(lifecycle=[a_life()]), official(), job=accepted)) == ["pass"] * 3


@pytest.mark.parametrize(
    ("model", "surface", "wanted"),
    [
        ("veo-3.1-fast-generate-preview", "agent-platform", "veo-3.1-fast-generate-001"),
        ("veo-3.1-generate-preview", "agent-platform", "veo-3.1-generate-001"),
        ("veo-3.0-fast-generate-001", "agent-platform", "veo-3.1-fast-generate-001"),
        ("veo-3.0-generate-preview", "agent-platform", "veo-3.1-"),
        ("veo-3.1-fast-generate-preview", "gemini-api", "gemini-omni-1.2-flash"),
        ("veo-3.0-generate-001", "gemini-api", "gemini-omni-1.2-flash"),
        ("veo-2.0-generate-001", "gemini-api", "gemini-omni-1.2-flash"),
    ],
)
def test_a_retired_id_is_told_where_to_go_and_never_to_a_retired_one(
    model: str, surface: str, wanted: str
) -> None:
    book, when = load_reference(), judging(date(2026, 11, 30))
    route = GOOGLE | {"model.official": model, "via.model": model, "model.surface": surface}
    outcome = run(book, when=when, changes=route)
    (failed,) = [one for one in outcome.findings if one.severity == "blocker"]
    assert failed.code == "model-lifecycle/retired"
    assert f"move to {wanted}" in str(failed.fix)
    for gone in book.models(surface):
        judged = judge_lifecycle(book, gone, surface, when)
        if judged.state == "retired":
            assert f"move to {gone}" not in f"{failed.fix};".replace(",", ";")
