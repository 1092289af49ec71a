"""The paid job from decision to facts: sent once, followed to its end, proven, never repeated."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from paid_world import MODEL, Desk
from tiny_mp4 import clip
from veo_check.core.facts import Missing, ProvenLife
from veo_check.core.findings import Tier
from veo_check.core.jobs import NOT_ROUTED
from veo_check.core.results import ControlledFailure, Delivery, JobResult, MediaFacts, UsageProof
from veo_check.smoke.journal import Entry, Journal
from veo_check.smoke.state_folder import StateFolder

LABEL = "veo3.1-fast"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state")


def journal(desk: Desk) -> Journal:
    return Journal(StateFolder(desk.folder, simulated=False))


def entries(desk: Desk) -> tuple[Entry, ...]:
    return journal(desk).entries(desk.route.name)


def test_a_good_job_from_end_to_end(desk: Desk) -> None:
    outcome = desk.run("2")
    job, delivery, usage = outcome.job, outcome.delivery, outcome.usage
    assert isinstance(job, JobResult)
    assert isinstance(delivery, Delivery)
    assert (job.state, job.symptom, job.polls, job.retries) == ("finished", None, 3, 0)
    assert job.statuses == ("queued", "in_progress", "completed")
    assert (job.operation_id, job.request_id) == ("task_…0001", "req-1")
    assert (job.served_model, job.video_count, job.charged) == (MODEL, 1, True)
    (video,) = delivery.videos
    assert video == MediaFacts(
        "mp4",
        len(clip()),
        sha256(clip()).hexdigest(),
        "isom",
        Decimal(4),
        1280,
        720,
        Decimal(24),
        96,
        audio=True,
        complete=True,
        codecs=("avc1", "mp4a"),
    )
    assert delivery.kept == ()
    assert usage == UsageProof(
        "usage-log",
        charges=1,
        quoted=Decimal("0.48"),
        tolerance=Decimal("0.00048"),
        billed=Decimal("0.48"),
        used=Decimal("0.48"),
        row_id="req-1",
        model=LABEL,
        key="ci-smoke",
        group="plg",
        route="/v1/videos",
        unit="second",
        quantity=Decimal(4),
        quota_per_unit=Decimal(500_000),
        exchanges=("x11",),
    )
    assert outcome.controlled_failure == ControlledFailure(
        job=entries(desk)[1].id,
        kind="unsupported-parameter",
        sent=f"a clip of 5 s, which {MODEL} does not make",
        outcome="refused",
        symptom="duration-refused",
        status_code=400,
        text="durationSeconds is out of bound",
        charged=False,
        exchanges=("x7",),
    )
    assert outcome.proof.valid
    assert outcome.proof.lower_resolution == "720p"
    assert isinstance(outcome.life, ProvenLife)
    assert outcome.life.model == MODEL
    assert outcome.spent == Decimal("0.48")
    assert desk.world.posts == [f"{LABEL} 4", f"{LABEL} 5"]
    assert [(one.intent.kind, one.state, one.is_open) for one in entries(desk)] == [
        ("smoke", "finished", False),
        ("controlled-failure", "refused", False),
    ]
    assert desk.hidden == ["task_00000000000000000000000000000001"] * 2
    assert not list((desk.folder / "real" / "media").iterdir())


def test_the_next_run_is_answered_by_the_proof(desk: Desk) -> None:
    first = desk.run("2")
    for spend in (None, "2"):
        again = desk.run(spend)
        assert again.proof.valid
        proof = again.proof.proof
        assert proof is not None
        cited = (f"proof:{proof.id}",)
        for name in ("job", "delivery", "usage", "controlled_failure"):
            fact = getattr(again, name)
            assert fact.exchanges == cited
            assert replace(fact, exchanges=()) == replace(getattr(first, name), exchanges=())
        assert again.spent == 0
    assert again.notes == (f"nothing was sent: {again.proof.sentence}; --renew pays again",)
    assert len(desk.world.posts) == 2


def test_renew_pays_again(desk: Desk) -> None:
    desk.run("2")
    outcome = desk.run("2", renew=True)
    assert outcome.proof.valid
    assert outcome.proof.proof is not None
    assert outcome.proof.proof.id == entries(desk)[2].id
    assert len(desk.world.accepted()) == 2
    assert desk.run(renew=True).proof.valid  # without --spend nothing is paid
    assert len(desk.world.posts) == 4


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({}, "no smoke job is on record"),
        ({"spend": "0"}, "--spend leaves $0.00 of $0.00"),
        ({"spend": "0.48"}, "it can cost $1.44, and --spend leaves $0.48"),
        ({"spend": "5", "stopped": "model-official failed"}, "model-official failed"),
    ],
)
def test_nothing_is_sent_without_leave(how: dict[str, str], why: str, desk: Desk) -> None:
    outcome = desk.run(**how)  # type: ignore[arg-type]
    assert isinstance(outcome.job, Missing)
    assert why in outcome.job.detail
    assert isinstance(outcome.controlled_failure, Missing)
    assert desk.world.posts == []
    assert outcome.spent == 0
    assert entries(desk) == ()


def test_each_step_fits_the_budget_of_a_job(desk: Desk) -> None:
    small = desk.changed(budget__per_job="0.40")
    outcome = small.run("5")
    assert isinstance(outcome.job, Missing)
    assert "budget.per_job is $0.40" in outcome.job.detail
    assert desk.world.posts == []


def test_a_wrong_request_beyond_the_budget_stays_here(desk: Desk) -> None:
    small = desk.changed(budget__per_job="0.50", route__target="staging")
    outcome = small.run("5")
    assert isinstance(outcome.job, JobResult)
    assert isinstance(outcome.controlled_failure, Missing)
    assert "accepted, it could cost $0.96" in outcome.controlled_failure.detail
    assert desk.world.posts == [f"{LABEL} 4"]


@pytest.mark.parametrize("target", [None, Tier.PRODUCTION])
def test_production_pays_for_nothing_that_cannot_reach_it(target: Tier | None, desk: Desk) -> None:
    own = "production" if target is None else "staging"
    small = desk.changed(budget__per_job="0.50", route__target=own)
    outcome = small.run("5", target=target)
    assert isinstance(outcome.job, Missing)
    assert outcome.job.detail.startswith("production needs the controlled failure, and it cannot")
    assert "it could cost $0.96" in outcome.job.detail
    assert desk.world.posts == []
    assert desk.changed(budget__per_job="0.50", smoke__controlled_failure="none").run(
        "5"
    ).spent == Decimal("0.48")


def test_a_wrong_length_may_be_billed_as_the_longest(desk: Desk) -> None:
    desk.world.wrong = "drop-after"  # nobody knows what became of it
    assert desk.run("1.44").spent == Decimal("1.44")  # 4 s, and 8 s instead of the 5 s asked
    assert entries(desk)[1].intent.quoted == Decimal("0.60")


def test_no_price_no_job(desk: Desk) -> None:
    outcome = desk.run("5", catalog_price="0")
    assert isinstance(outcome.job, Missing)
    assert "what the smoke job costs is not known" in outcome.job.detail
    assert desk.world.posts == []


@pytest.mark.parametrize(
    "symptom",
    ["model-retired", "no-channel", "no-quota", "rate-limited", "not-priced", "not-sent"],
)
def test_a_refused_submit_costs_nothing_and_may_be_tried_again(symptom: str, desk: Desk) -> None:
    desk.world.submit = symptom
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert (outcome.job.state, outcome.job.symptom) == ("refused", symptom)
    assert outcome.job.charged is False
    assert isinstance(outcome.controlled_failure, Missing)
    assert outcome.spent == 0
    assert outcome.proof.code == "not-finished"
    free = desk.run()
    assert isinstance(free.job, Missing)
    assert symptom in free.job.detail
    assert (free.proof.refused is not None) is (symptom == "model-retired")
    desk.world.submit = "accept"
    paid = desk.run("5")
    assert paid.proof.valid
    assert (paid.proof.refused, paid.proof.unrouted) == (None, None)


def test_a_refused_model_stays_refused_until_a_job_is_accepted(desk: Desk) -> None:
    desk.key = None  # nothing is sealed
    desk.world.submit = "model-retired"
    desk.run("5")
    for then in ("no-quota", "drop-before"):
        desk.world.submit = then
        desk.run("5")
        refused = desk.run().proof.refused
        assert refused is not None
        assert (refused.state, refused.symptom) == ("refused", "model-retired")
    assert desk.changed(via__model="veo3.1-lite").run().proof.refused is None


@pytest.mark.parametrize("symptom", sorted(NOT_ROUTED))
def test_a_refused_family_stays_refused_until_a_job_is_accepted(symptom: str, desk: Desk) -> None:
    desk.key = None  # nothing is sealed
    desk.world.submit = symptom
    desk.run("5")
    for then in ("no-quota", "model-retired", "rate-limited"):  # newer, and not of the family
        desk.world.submit = then
        desk.run("5")
        unrouted = desk.run().proof.unrouted
        assert unrouted is not None
        assert (unrouted.state, unrouted.symptom) == ("refused", symptom)
    # what the route file says of model and key's owner does not change where the job went
    for same in ({"model__official": "veo-3.1-generate-001"}, {"via__key__owner": "other"}):
        assert desk.changed(**same).run().proof.unrouted is not None
    for other in ({"via__model": "veo3.1-lite"}, {"via__endpoint": "generation-tasks"}):
        assert desk.changed(**other).run().proof.unrouted is None
    desk.world.submit = "accept"
    desk.run("5")
    assert desk.run().proof.unrouted is None


@pytest.mark.parametrize("how", ["drop-before", "drop-after"])
def test_an_uncertain_submit_is_never_repeated(how: str, desk: Desk) -> None:
    desk.world.submit = how
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert (outcome.job.state, outcome.job.symptom) == ("uncertain", "submit-uncertain")
    assert outcome.spent == Decimal("0.48")  # at most
    desk.world.submit = "accept"
    for spend, renew in ((None, False), ("5", False), ("5", True)):
        again = desk.run(spend, renew=renew)
        assert isinstance(again.job, JobResult)
        assert again.job.state == "uncertain"
        assert again.proof.code == "superseded"
    # whatever the route file became
    again = desk.changed(via__model="veo3.1-lite", smoke__seconds=6).run("5")
    assert isinstance(again.job, JobResult)
    assert len(desk.world.posts) == 1
    (entry,) = entries(desk)
    journal(desk).save(entry.abandoned(desk.clock.now(), "looked"))
    assert desk.run().proof.code == "superseded"
    assert desk.run("5").proof.valid


def test_a_deadline_gives_nothing_up(desk: Desk) -> None:
    desk.world.polls = ("queued",)
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert (outcome.job.state, outcome.job.symptom) == ("unfinished", "job-unfinished")
    assert desk.clock.monotonic() == pytest.approx(600)
    assert outcome.proof.code == "superseded"
    polls = outcome.job.polls
    again = desk.run("5")
    assert isinstance(again.job, JobResult)
    assert again.job.polls > polls
    assert len(desk.world.posts) == 1
    desk.world.polls = ("done",)
    free = desk.run()  # polling is free
    assert isinstance(free.job, JobResult)
    assert (free.job.state, free.proof.valid) == ("finished", True)
    assert isinstance(free.controlled_failure, Missing)
    assert desk.world.posts == [f"{LABEL} 4"]
    paid = desk.run("5")  # only the controlled failure is missing
    assert isinstance(paid.controlled_failure, ControlledFailure)
    assert desk.world.posts == [f"{LABEL} 4", f"{LABEL} 5"]
    assert desk.run().controlled_failure == replace(
        paid.controlled_failure, exchanges=(f"proof:{entries(desk)[0].id}",)
    )
