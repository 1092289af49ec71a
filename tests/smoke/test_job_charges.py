"""What may have been paid is never sent again: refusals that were charged, jobs that vanished."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from check_world import a_route, judging
from paid_jobs import Signet
from paid_world import Desk
from veo_check.checks.controlled_failure import controlled_failure
from veo_check.checks.job_completes import job_completes
from veo_check.core.facts import Missing
from veo_check.core.findings import Outcome, Status, Tier
from veo_check.core.results import ControlledFailure, JobResult
from veo_check.gateways.registry import gateway_of
from veo_check.reference.load import load_reference
from veo_check.smoke.journal import Entry, Journal, Operation
from veo_check.smoke.state_folder import StateFolder
from veo_check.smoke.steps import SmokeOutcome

LABEL = "veo3.1-fast"
SMOKE, WRONG = f"{LABEL} 4", f"{LABEL} 5"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state")


def journal(desk: Desk) -> Journal:
    return Journal(StateFolder(desk.folder, simulated=False))


def entries(desk: Desk) -> tuple[Entry, ...]:
    return journal(desk).entries(desk.route.name)


def abandon(desk: Desk) -> None:
    (held,) = [one for one in entries(desk) if one.is_open]
    journal(desk).save(held.abandoned(desk.clock.now(), "looked"))


def judged(desk: Desk, outcome: SmokeOutcome) -> Outcome:
    assert isinstance(outcome.controlled_failure, ControlledFailure)
    found = controlled_failure(
        route=desk.route, gateway=gateway_of(desk.route), failure=outcome.controlled_failure
    )
    return Outcome.collect(found)


SYMPTOMS = ("no-channel", "rate-limited", "refused", "no-quota", "model-retired", "key-refused")


@pytest.mark.parametrize("refusals", ["row", "total", "late"])
@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_a_charged_refusal_of_the_job_is_uncertain(symptom: str, refusals: str, desk: Desk) -> None:
    desk.world.submit, desk.world.refusals = symptom, refusals
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert (outcome.job.state, outcome.job.symptom) == ("uncertain", "submit-uncertain")
    assert outcome.job.charged is True
    request = None if refusals == "total" else "req-refused-1"
    assert outcome.job.failure == (
        f"answered as refused ({symptom}) and charged all the same: {symptom}; the key's total was "
        "$2.00 before and $2.48 after: it grew by $0.48, and the job was quoted at $0.48"
        + (f"; request {request}" if request else "")
    )
    assert outcome.job.request_id == request
    assert outcome.spent == Decimal("0.48")
    found = Outcome.collect(
        job_completes(
            route=desk.route,
            gateway=gateway_of(desk.route),
            job=outcome.job,
            delivery=outcome.delivery,
            proof=outcome.proof,
            reference=load_reference(),
            judging=judging(),
        )
    )
    assert found.status_at(Tier.PRODUCTION) is Status.BLOCKED
    assert "It was charged." in found.findings[0].message
    desk.world.submit, desk.world.refusals = "accept", "nothing"
    for spend, renew in ((None, False), ("5", False), ("5", True)):
        again = desk.run(spend, renew=renew)
        assert isinstance(again.job, JobResult)
        assert (again.job.state, again.job.charged) == ("uncertain", True)
        assert again.proof.refused is None  # a model that took money is not gone
    assert desk.world.posts == [SMOKE]
    abandon(desk)
    assert desk.run("5").proof.valid


@pytest.mark.parametrize("refusals", ["row", "total", "late"])
@pytest.mark.parametrize("wrong", ["refuse", "unclear", "rate-limited"])
@pytest.mark.parametrize("sealed", [True, False])
def test_a_charged_controlled_failure_fails_and_is_never_sent_again(
    sealed: bool, wrong: str, refusals: str, desk: Desk
) -> None:
    desk.key = desk.key if sealed else None
    desk.world.wrong, desk.world.refusals = wrong, refusals
    outcome = desk.run("5")
    assert isinstance(outcome.controlled_failure, ControlledFailure)
    assert outcome.controlled_failure.charged is True
    assert outcome.spent == Decimal("0.48") + Decimal("0.96")  # at most: as 8 s
    for spend, renew in ((None, False), ("5", False), ("5", True)):
        said = judged(desk, outcome)
        assert "controlled-failure/charged" in {one.code for one in said.findings}
        assert said.status_at(Tier.PRODUCTION) is Status.FAIL
        outcome = desk.run(spend, renew=renew)
    assert desk.world.posts == [SMOKE, WRONG]
    assert [one.is_open for one in entries(desk)] == [False, True]
    abandon(desk)
    desk.world.wrong, desk.world.refusals = "refuse", "nothing"
    again = desk.run("5", renew=True)
    assert desk.world.posts == [SMOKE, WRONG] * 2
    assert judged(desk, again).status_at(Tier.PRODUCTION) is Status.PASS


@pytest.mark.parametrize("which", ["submit", "wrong"])
def test_what_is_given_back_in_time_was_not_charged(which: str, desk: Desk) -> None:
    desk.world.refusals = "given-back"
    if which == "submit":
        desk.world.submit = "no-channel"
    outcome = desk.run("5")
    told = outcome.job if which == "submit" else outcome.controlled_failure
    assert isinstance(told, JobResult | ControlledFailure)
    assert told.charged is False
    assert desk.clock.sleeps[-2:] == [5.0, 20.0]
    assert all(not one.is_open for one in entries(desk))
    assert outcome.spent == (0 if which == "submit" else Decimal("0.48"))


def test_where_no_charge_can_be_read_it_is_unknown_and_nothing_is_locked(desk: Desk) -> None:
    desk.world.submit, desk.world.log = "no-quota", False
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert (outcome.job.state, outcome.job.charged) == ("refused", None)
    assert all(not one.is_open for one in entries(desk))
    assert outcome.spent == 0
    desk.world.submit = "accept"
    outcome = desk.run("5")
    assert outcome.proof.valid
    assert judged(desk, outcome).status_at(Tier.PRODUCTION) is Status.WARN
    assert desk.world.posts == [SMOKE, SMOKE, WRONG]


def test_a_charge_that_cannot_be_read_now_is_read_by_the_next_run(desk: Desk) -> None:
    desk.world.submit, desk.world.log_trouble = "no-channel", "rate-limited"
    first = desk.run("5")
    assert isinstance(first.job, JobResult)
    assert (first.job.state, first.job.charged) == ("refused", None)
    assert first.spent == Decimal("0.48")  # at most
    desk.run("5")
    assert desk.world.posts == [SMOKE]
    desk.world.log_trouble = None
    second = desk.run("5")
    assert isinstance(second.job, JobResult)
    assert (second.job.state, second.job.charged) == ("refused", False)
    assert desk.world.posts == [SMOKE]
    desk.world.submit = "accept"
    assert desk.run("5").proof.valid


def test_an_unread_charge_of_the_controlled_failure_is_no_pass(desk: Desk) -> None:
    desk.run("5")
    desk.world.log_trouble = "server-error"
    outcome = desk.run("5", renew=True)
    assert isinstance(outcome.controlled_failure, Missing)
    assert "was charged cannot be read now" in outcome.controlled_failure.detail
    posts = list(desk.world.posts)
    desk.world.log_trouble = None
    outcome = desk.run("5")
    assert desk.world.posts == posts
    assert outcome.proof.valid
    # the smoke job was open beside it, so the key's total is no witness
    assert judged(desk, desk.run()).status_at(Tier.PRODUCTION) is Status.WARN
    assert all(not one.is_open for one in entries(desk))


def test_an_unread_charge_is_not_waited_for_forever(desk: Desk) -> None:
    desk.world.submit, desk.world.log_trouble = "no-channel", "rate-limited"
    desk.run("5")
    desk.clock.pass_time(86_400)
    outcome = desk.run()
    assert isinstance(outcome.job, JobResult)
    assert outcome.job.charged is None
    assert all(not one.is_open for one in entries(desk))


@pytest.mark.parametrize(
    ("key", "state"), [("FLATKEY_SMOKE_KEY", "refused"), ("FLATKEY_OTHER_KEY", "uncertain")]
)
def test_a_total_is_no_witness_beside_another_open_step_of_its_key(
    key: str, state: str, desk: Desk
) -> None:
    """What the other step moved cannot be told from what this one was charged."""
    other = a_route({"route.name": "another", "via.group": "plg", "via.key.env": key})
    beside = replace(desk, route=other)
    beside.world.polls = ("queued",)
    beside.run("5")
    desk.world.submit, desk.world.refusals = "no-channel", "total"
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert outcome.job.state == state
    assert outcome.job.charged is (None if state == "refused" else True)


def unsealed(desk: Desk) -> None:
    """A run that dies between the refusal of the controlled failure and its seal."""
    desk.run("5")
    smoke, wrong = entries(desk)
    path = journal(desk).folder.proofs_of(desk.route.name) / f"{smoke.id.partition('-')[2]}.json"
    path.unlink()
    none = desk.changed(smoke__controlled_failure="none")
    journal(desk).save(replace(smoke, state="finished", closed_at=None))
    none.run()  # seals the smoke job alone
    journal(desk).save(smoke)
    journal(desk).save(replace(wrong, charged=None, closed_at=None))
    assert [one.is_open for one in entries(desk)] == [False, True]


def test_a_refusal_without_its_seal_is_sealed_from_the_record(desk: Desk) -> None:
    unsealed(desk)
    outcome = desk.run()
    assert desk.world.posts == [SMOKE, WRONG]
    failure = outcome.controlled_failure
    assert isinstance(failure, ControlledFailure)
    assert (failure.outcome, failure.symptom) == ("refused", "duration-refused")
    assert (failure.status_code, failure.text) == (400, "durationSeconds is out of bound")
    assert failure.charged is False
    assert all(not one.is_open for one in entries(desk))
    desk.run("5")
    assert desk.world.posts == [SMOKE, WRONG]


@pytest.mark.parametrize("key", [None, Signet("another")])
def test_it_stays_open_until_the_key_of_the_proof_is_there(key: Signet | None, desk: Desk) -> None:
    unsealed(desk)
    paid, desk.key = desk.key, key
    for renew in (False, True):
        assert "still open" in " ".join(desk.run("5", renew=renew).notes)
    desk.key = paid
    outcome = desk.run("5")
    assert judged(desk, outcome).status_at(Tier.PRODUCTION) is Status.PASS
    assert desk.world.posts == [SMOKE, WRONG]


def test_a_route_that_was_edited_and_edited_back_sends_nothing_twice(desk: Desk) -> None:
    unsealed(desk)
    edited = desk.changed(via__model="veo3.1-other")
    outcome = edited.run("0")  # settles what is open; the refusal does not speak for another label
    assert isinstance(outcome.controlled_failure, Missing)
    assert all(not one.is_open for one in entries(desk))
    assert judged(desk, desk.run("5")).status_at(Tier.PRODUCTION) is Status.PASS
    assert desk.world.posts == [SMOKE, WRONG]


def test_a_refusal_waits_for_the_seal_of_its_smoke_job(desk: Desk) -> None:
    desk.world.log_trouble = "rate-limited"
    desk.run("5")
    assert [one.is_open for one in entries(desk)] == [True, True]
    desk.world.log_trouble = None
    outcome = desk.run("5")
    assert judged(desk, outcome).status_at(Tier.PRODUCTION) is not Status.FAIL
    assert isinstance(desk.run("5").controlled_failure, ControlledFailure)
    assert desk.world.posts == [SMOKE, WRONG]


def test_a_dead_end_is_closed_and_paid_anew(desk: Desk) -> None:
    unsealed(desk)
    smoke = entries(desk)[0]
    folder = journal(desk).folder.proofs_of(desk.route.name)
    (folder / f"{smoke.id.partition('-')[2]}.json").unlink()
    desk.run()
    assert all(not one.is_open for one in entries(desk))
    assert desk.run("5").proof.valid
    assert desk.world.posts == [SMOKE, WRONG] * 2


def test_an_operation_on_record_is_followed_however_the_refusal_ends(desk: Desk) -> None:
    """An accepted controlled failure, killed before its end, is not sent again either."""
    desk.world.wrong = "accept"
    desk.run("5")
    smoke, wrong = entries(desk)
    job = list(desk.world.jobs.values())[-1]
    operation = Operation(job.operation, desk.clock.now(), job.request_id)
    journal(desk).save(replace(Entry(wrong.intent), state="submitted", operation=operation))
    outcome = desk.run("5")
    assert isinstance(outcome.controlled_failure, ControlledFailure)
    assert outcome.controlled_failure.outcome == "accepted"
    assert desk.world.posts == [SMOKE, WRONG]
    assert smoke.id < wrong.id


def lost(desk: Desk) -> JobResult:
    """What a run says of a job that the other side does not know any more."""
    outcome = desk.run("5")
    assert isinstance(outcome.job, JobResult)
    assert outcome.job.symptom == "operation-unknown"
    return outcome.job


UNPAID: dict[str, dict[str, object]] = {
    "refunded": {"polls": ("queued", "gone-refunded")},
    "no row, total unmoved": {"charges": 0},
}
PAID: dict[str, dict[str, object]] = {
    "charged": {},
    "charged twice, refunded once": {"charges": 2},
    "no usage record": {"log": False},
    "an estimate in a header": {"log": False, "cost_header": Decimal(0)},
    "a record that cannot be read now": {"log_trouble": "rate-limited"},
    "a record that cannot be read": {"log_trouble": "unreadable"},
}


@pytest.mark.parametrize("how", PAID)
def test_a_job_that_vanished_is_not_paid_for_again(how: str, desk: Desk) -> None:
    desk.world.polls = ("queued", "gone")
    for name, value in PAID[how].items():
        setattr(desk.world, name, value)
    job = lost(desk)
    assert job.state == "unfinished"
    assert job.charged is (True if how.startswith("charged") else None)
    assert job.polls >= 6
    assert desk.clock.monotonic() >= 300
    assert lost(desk).state == "unfinished"
    outcome = desk.run("5", renew=True)
    assert desk.world.posts == [SMOKE]
    found = Outcome.collect(
        job_completes(
            route=desk.route,
            gateway=gateway_of(desk.route),
            job=job,
            delivery=outcome.delivery,
            proof=outcome.proof,
            reference=load_reference(),
            judging=judging(),
        )
    )
    assert found.status_at(Tier.PRODUCTION) is Status.BLOCKED
    assert "job abandon" in (found.findings[0].fix or "")
    desk.world.polls = ("done",)  # a gateway that was restored from a backup
    assert desk.run("5").job != job
    assert [one.seconds for one in desk.world.accepted()].count(4) == 1


@pytest.mark.parametrize("how", UNPAID)
def test_a_job_that_vanished_and_cost_nothing_has_failed(how: str, desk: Desk) -> None:
    desk.world.polls = ("queued", "gone")
    for name, value in UNPAID[how].items():
        setattr(desk.world, name, value)
    job = lost(desk)
    assert (job.state, job.charged) == ("failed", False)
    assert all(not one.is_open for one in entries(desk))
    desk.world.polls, desk.world.charges = ("done",), 1
    assert desk.run("5").proof.valid
    assert desk.world.posts == [SMOKE, SMOKE, WRONG]


def test_no_row_is_no_proof_while_the_total_grew(desk: Desk) -> None:
    desk.world.polls = ("queued", "gone")

    class Rowless(type(desk.world.rows)):  # type: ignore[misc]
        def get(self, *_: object) -> tuple[()]:
            return ()

    desk.world.rows = Rowless()
    job = lost(desk)
    assert (job.state, job.charged) == ("unfinished", None)
    desk.run("5")
    assert desk.world.posts == [SMOKE]


@pytest.mark.parametrize("polls", [("gone",) * 4, ("gone",) * 7, ("gone", "403", "503") * 2])
def test_an_unknown_task_is_not_believed_at_once(polls: tuple[str, ...], desk: Desk) -> None:
    desk.world.polls = (*polls, "queued", "done")
    outcome = desk.run("5")
    assert outcome.proof.valid
    assert isinstance(outcome.job, JobResult)
    assert outcome.job.polls == len(polls) + 2


def test_a_finished_job_whose_operation_is_gone_is_not_paid_for_again(desk: Desk) -> None:
    desk.world.polls, desk.world.log_trouble = ("done", "gone"), "rate-limited"
    desk.run("5")
    assert entries(desk)[0].is_open
    desk.world.log_trouble = None
    for _ in range(2):
        outcome = desk.run("5", renew=True)
        assert isinstance(outcome.delivery, Missing)
        assert "job abandon" in outcome.delivery.detail
    assert [one.seconds for one in desk.world.accepted()].count(4) == 1
    assert desk.world.posts.count(SMOKE) == 1
