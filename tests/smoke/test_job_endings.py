"""How paid jobs end, what is delivered, refused and billed, and what stops a run."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from paid_jobs import Signet
from paid_world import Desk, World
from tiny_mp4 import clip
from veo_check.core.facts import Missing, ProvenLife
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


@pytest.mark.parametrize(
    ("script", "symptom", "charged"),
    [
        (("queued", "filtered"), "filtered", False),
        (("backend-error",), "backend-error", False),
        (("queued", "empty"), "empty-result", True),
        (("queued", "gone-refunded"), "operation-unknown", False),
    ],
)
def test_a_failed_job_is_named_and_its_charge_told(
    script: tuple[str, ...], symptom: str, charged: bool, desk: Desk
) -> None:
    desk.world.polls = script
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert (outcome.job.state, outcome.job.symptom) == ("failed", symptom)
    assert outcome.job.charged is charged
    assert isinstance(outcome.delivery, Missing)
    assert isinstance(outcome.usage, UsageProof)
    assert outcome.usage.refunded == (0 if charged else Decimal("0.48"))
    assert outcome.proof.code == "not-finished"
    assert isinstance(outcome.life, Missing)
    assert desk.world.posts == [f"{LABEL} 4"]
    assert isinstance(desk.run().job, Missing)
    desk.world.polls = ("done",)
    assert desk.run("5").proof.valid


def test_a_failure_without_refund_is_waited_for_and_told(desk: Desk) -> None:
    desk.world.polls, desk.world.refund = ("filtered",), False
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert isinstance(outcome.usage, UsageProof)
    assert outcome.job.charged is True
    assert outcome.usage.refunded == 0
    assert desk.clock.sleeps[-2:] == [16.0, 20.0]


def test_a_newer_failed_job_voids_an_older_proof(desk: Desk) -> None:
    desk.run("5")
    desk.world.polls = ("filtered",)
    desk.run("5", renew=True)
    assert desk.run().proof.code == "not-finished"


def test_troubled_polls_do_not_end_a_job(desk: Desk) -> None:
    desk.world.polls = ("503", "unknown", "503", "gone", "gone", "in_progress", "403", "done")
    outcome = desk.run("5")
    assert outcome.proof.valid
    assert isinstance(outcome.job, JobResult)
    assert outcome.job.polls == 8


def test_a_key_that_may_not_look_is_told_and_the_job_kept(desk: Desk) -> None:
    desk.world.polls = ("403",)
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert (outcome.job.state, outcome.job.symptom) == ("unfinished", "poll-refused")
    assert outcome.job.polls == 3
    desk.world.polls = ("done",)
    assert desk.run().proof.valid


def test_content_that_cannot_be_fetched(desk: Desk) -> None:
    desk.world.fetch = "content-unavailable"
    outcome = desk.run("5")
    assert isinstance(outcome.delivery, Delivery)
    assert (outcome.delivery.videos, outcome.delivery.announced) == ((), 1)
    assert (outcome.delivery.symptom, outcome.delivery.failure) == ("content-unavailable", "502")
    assert desk.world.fetched == 3
    assert isinstance(outcome.life, Missing)  # a status alone is no sign of life
    assert isinstance(desk.run().life, Missing)


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (b"", {"container": "empty"}),
        (b"<html>no", {"container": "html"}),
        (clip()[:-5], {"complete": False}),
        (clip(sound=False), {"audio": False}),
        (clip(width=640, height=360), {"width": 640}),
        (clip(seconds=2), {"seconds": Decimal(2)}),
    ],
)
def test_what_was_delivered_is_told_as_it_is(
    content: bytes, facts: dict[str, object], desk: Desk
) -> None:
    desk.world.content = content
    outcome = desk.run("5")
    assert isinstance(outcome.delivery, Delivery)
    (video,) = outcome.delivery.videos
    assert isinstance(video, MediaFacts)
    assert {name: getattr(video, name) for name in facts} == facts


def test_media_is_kept_only_where_asked(desk: Desk, tmp_path: Path) -> None:
    desk.keep_media = tmp_path / "kept"
    outcome = desk.run("5")
    assert isinstance(outcome.delivery, Delivery)
    (kept,) = outcome.delivery.kept
    assert Path(kept).read_bytes() == clip()
    assert Path(kept).parent == tmp_path / "kept"


@pytest.mark.parametrize(
    ("wrong", "outcome_word", "charged"),
    [
        ("refuse", "refused", False),
        ("unclear", "refused-unclearly", False),
        ("accept", "accepted", True),
    ],
)
def test_controlled_failures(wrong: str, outcome_word: str, charged: bool, desk: Desk) -> None:
    desk.world.wrong = wrong
    outcome = desk.run("5")
    failure = outcome.controlled_failure
    assert isinstance(failure, ControlledFailure)
    assert (failure.outcome, failure.charged) == (outcome_word, charged)
    assert outcome.spent == (Decimal("1.08") if charged else Decimal("0.48"))
    kept = desk.run().controlled_failure
    assert isinstance(kept, ControlledFailure)
    assert replace(kept, exchanges=()) == replace(failure, exchanges=())
    assert all(not one.is_open for one in entries(desk))


def test_an_uncertain_controlled_failure_stops_the_route_too(desk: Desk) -> None:
    desk.world.wrong = "drop-after"
    first = desk.run("5")
    assert isinstance(first.controlled_failure, ControlledFailure)
    assert first.controlled_failure.outcome == "uncertain"
    assert first.proof.valid  # the smoke job itself is proven
    again = desk.run("5", renew=True)
    assert isinstance(again.controlled_failure, ControlledFailure)
    assert again.controlled_failure.outcome == "uncertain"
    assert len(desk.world.posts) == 2


def test_an_unfinished_controlled_failure_is_followed(desk: Desk) -> None:
    desk.world.wrong = "accept"
    desk.world.polls = ("done", "done")
    desk.run("5")
    desk2 = Desk(desk.folder.parent / "other")
    desk2.world.wrong, desk2.world.polls = "accept", ("done",)
    assert desk2.run("5").proof.valid


def test_a_retired_model_as_controlled_failure(desk: Desk) -> None:
    retired = desk.changed(smoke__controlled_failure="retired-model")
    retired.world.wrong = "accept"
    outcome = retired.run("20")
    assert isinstance(outcome.controlled_failure, ControlledFailure)
    assert outcome.controlled_failure.kind == "retired-model"
    assert retired.world.posts == [f"{LABEL} 4", "veo-3.0-generate-001 4"]


def test_no_controlled_failure_where_it_is_switched_off(desk: Desk) -> None:
    off = desk.changed(smoke__controlled_failure="none")
    outcome = off.run("5")
    assert isinstance(outcome.controlled_failure, Missing)
    assert "switches it off" in outcome.controlled_failure.detail
    assert off.world.posts == [f"{LABEL} 4"]
    assert len(off.run("5").notes) == 1
    assert off.world.posts == [f"{LABEL} 4"]


def test_without_a_usage_record(desk: Desk) -> None:
    desk.world.log = False
    outcome = desk.run("5")
    assert isinstance(outcome.usage, Missing)
    assert outcome.usage.code == "not-offered"
    assert isinstance(outcome.controlled_failure, ControlledFailure)
    assert outcome.controlled_failure.charged is None
    assert isinstance(desk.run().usage, Missing)


def test_a_cost_header_is_an_estimate_and_no_record(desk: Desk) -> None:
    desk.world.log, desk.world.cost_header = False, Decimal("0.48")
    outcome = desk.run("5")
    assert isinstance(outcome.usage, Missing)
    assert isinstance(outcome.job, JobResult)
    assert (outcome.job.estimate, outcome.job.quoted, outcome.job.charged) == (
        Decimal("0.48"),
        Decimal("0.48"),
        None,
    )
    assert entries(desk)[0].billed is None


def test_charged_twice_and_a_missing_row(tmp_path: Path) -> None:
    twice = Desk(tmp_path / "twice", World(charges=2)).run("5").usage
    assert isinstance(twice, UsageProof)
    assert (twice.charges, twice.billed) == (2, Decimal("0.96"))
    missing = Desk(tmp_path / "missing", World(charges=0)).run("5").usage
    assert isinstance(missing, UsageProof)
    assert (missing.charges, missing.billed) == (0, None)


def test_without_a_sealing_key_nothing_can_be_reused(desk: Desk) -> None:
    desk.key = None
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert outcome.job.state == "finished"
    assert isinstance(outcome.life, ProvenLife)
    assert isinstance(outcome.controlled_failure, ControlledFailure)
    assert outcome.proof.code == "superseded"
    assert isinstance(desk.run().job, Missing)


def test_another_key_cannot_use_the_proof(desk: Desk) -> None:
    desk.run("5")
    desk.key = Signet("another")
    assert desk.run().proof.code == "other-key"
    desk.key = None
    assert desk.run().proof.code == "no-key"


def test_a_route_edited_while_its_job_ran(desk: Desk) -> None:
    desk.world.polls = ("queued",)
    desk.run("5")
    desk.world.polls = ("done",)
    edited = desk.changed(via__model="veo3.1-other")
    outcome = edited.run("5")
    assert isinstance(outcome.job, Missing)
    assert "earlier version of this route" in outcome.job.detail
    assert desk.world.posts == [f"{LABEL} 4"]
    assert edited.run().proof.code == "other-via"
    assert desk.run().proof.valid  # it is proven for what it was sent for
    assert edited.run("5").proof.valid
    assert desk.world.posts[1:] == ["veo3.1-other 4", "veo3.1-other 5"]


def test_a_changed_row_voids_the_proof(desk: Desk) -> None:
    desk.run("5")
    assert desk.run(catalog_price="0.13").proof.code == "row-changed"


def test_a_damaged_journal_stops_everything(desk: Desk) -> None:
    desk.run("5")
    (path, _) = sorted(journal(desk).folder.journal_of(desk.route.name).glob("*.json"))
    path.write_text("{}")
    for spend in (None, "5"):
        outcome = desk.run(spend, renew=True)
        assert outcome.proof.code == "journal-unreadable"
        assert isinstance(outcome.job, Missing)
    assert len(desk.world.posts) == 2


def test_offline_looks_and_touches_nothing(desk: Desk) -> None:
    assert desk.run(online=False).proof.code == "none"
    desk.world.polls = ("queued",)
    desk.run("5")
    before = entries(desk)
    outcome = desk.run(online=False)
    assert isinstance(outcome.job, JobResult)
    assert outcome.job.state == "unfinished"
    assert entries(desk) == before
    desk.world.polls = ("done",)
    desk.run("5")
    assert desk.run(online=False).proof.valid


def test_no_driver_no_job_and_no_loss(desk: Desk) -> None:
    desk.driver_missing = Missing("smoke-job", "no-key", "FLATKEY_SMOKE_KEY is not set")
    outcome = desk.run("5")
    assert isinstance(outcome.job, Missing)
    assert entries(desk) == ()
    desk.driver_missing, desk.world.polls = None, ("queued",)
    desk.run("5")
    desk.driver_missing = Missing("smoke-job", "no-key", "FLATKEY_SMOKE_KEY is not set")
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert (outcome.job.state, outcome.job.failure) == (
        "unfinished",
        "FLATKEY_SMOKE_KEY is not set",
    )


def test_ctrl_c_keeps_everything(desk: Desk) -> None:
    class Impatient(type(desk.clock)):  # type: ignore[misc]
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            raise KeyboardInterrupt

    calm, desk.clock = desk.clock, Impatient()
    outcome = desk.run("5")
    assert outcome.interrupted
    assert isinstance(outcome.job, JobResult)
    assert (outcome.job.state, outcome.spent) == ("submitted", Decimal("0.48"))
    desk.clock = calm
    assert desk.run("5").proof.valid
    assert len(desk.world.posts) == 2


def test_progress_is_told(desk: Desk) -> None:
    desk.run("5")
    assert desk.said == [
        "sending", "polling", "polling", "polling", "fetching", "reading usage", "sending",
        "reading usage",
    ]  # fmt: skip
