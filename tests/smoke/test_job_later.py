"""Jobs that a later run settles: what is read again for free, and what has become too old."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from paid_world import Desk
from tiny_mp4 import clip
from veo_check.core.facts import Missing
from veo_check.core.results import Delivery, JobResult, UsageProof
from veo_check.smoke.controlled_failure import smoke_request
from veo_check.smoke.journal import Entry, Journal, Operation
from veo_check.smoke.state_folder import StateFolder

DAY = 86_400.0


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state")


def journal(desk: Desk) -> Journal:
    return Journal(StateFolder(desk.folder, simulated=False))


def entries(desk: Desk) -> tuple[Entry, ...]:
    return journal(desk).entries(desk.route.name)


def unfinished(desk: Desk) -> None:
    desk.world.polls = ("queued",)
    desk.run("5")
    desk.world.polls = ("done",)


@pytest.mark.parametrize("sealed", [True, False])
def test_a_job_settled_after_its_validity_proves_nothing(sealed: bool, desk: Desk) -> None:
    unfinished(desk)
    desk.clock.pass_time(8 * DAY)
    desk.key = desk.key if sealed else None
    outcome = desk.run()
    assert isinstance(outcome.job, Missing)
    assert outcome.job.detail.endswith("run again with --spend to pay for a new "
                                       + ("job" if sealed else "one"))  # fmt: skip
    assert outcome.proof.code == ("expired" if sealed else "superseded")
    assert isinstance(outcome.life, Missing)
    assert [one.is_open for one in entries(desk)] == [False]


def test_a_job_settled_after_its_row_changed_proves_nothing(desk: Desk) -> None:
    unfinished(desk)
    outcome = desk.run(catalog_price="0.13")
    assert isinstance(outcome.job, Missing)
    assert "model_price 0.12 -> 0.13" in outcome.job.detail
    assert outcome.proof.code == "row-changed"


def test_a_bad_result_is_told_however_late(desk: Desk) -> None:
    unfinished(desk)
    desk.world.polls = ("filtered",)
    desk.clock.pass_time(8 * DAY)
    outcome = desk.run()
    assert isinstance(outcome.job, JobResult)
    assert outcome.job.state == "failed"


def test_what_a_passing_trouble_hides_is_read_again_and_not_paid_again(desk: Desk) -> None:
    desk.world.log_trouble = "rate-limited"
    first = desk.run("5")
    assert isinstance(first.usage, Missing)
    assert isinstance(first.delivery, Delivery)
    assert first.proof.code == "superseded"
    assert entries(desk)[0].is_open
    desk.world.polls = ("503",)
    second = desk.run("5", renew=True)
    assert isinstance(second.delivery, Missing)
    assert "cannot be asked now (HTTP 503)" in second.delivery.detail
    assert entries(desk)[0].is_open
    desk.world.polls, desk.world.log_trouble = ("503", "503", "503", "503", "503", "done"), None
    third = desk.run()
    assert isinstance(third.usage, UsageProof)
    assert third.proof.valid
    assert not entries(desk)[0].is_open
    assert len(desk.world.accepted()) == 1


def test_a_record_that_stays_unreadable_is_not_waited_for_forever(desk: Desk) -> None:
    desk.world.log_trouble = "server-error"
    desk.run("5")
    desk.clock.pass_time(DAY)
    outcome = desk.run()
    assert isinstance(outcome.usage, Missing)
    assert outcome.proof.valid
    assert not entries(desk)[0].is_open


def test_a_run_gives_older_entries_their_digest(desk: Desk) -> None:
    desk.changed(smoke__controlled_failure="none").run("5")
    folder = journal(desk).folder.journal_of(desk.route.name)
    digested = {path: path.read_text() for path in folder.glob("*.json")}
    for path, text in digested.items():
        held = json.loads(text)["entry"]
        del held["charged"]
        path.write_text(json.dumps(held, indent=2, sort_keys=True) + "\n")
    assert desk.run(online=False).proof.valid
    assert {path: path.read_text() for path in digested} != digested  # offline nothing is written
    assert desk.run().proof.valid
    assert {path: path.read_text() for path in digested} == digested


def test_no_second_job_beside_an_open_one(desk: Desk) -> None:
    desk.run("5")
    wrong = journal(desk).begin(entries(desk)[1].intent)
    job = desk.world.accept(replace(smoke_request(desk.route), seconds=6))
    journal(desk).save(wrong.accepted(Operation(job.operation, desk.clock.now(), job.request_id)))
    desk.world.polls = ("queued",)
    outcome = desk.run("5", renew=True)
    assert f"job {wrong.id} is unfinished and still open" in " ".join(outcome.notes)
    assert len(desk.world.posts) == 2


def test_a_job_that_leaves_no_proof_says_so(desk: Desk) -> None:
    desk.key = None
    outcome = desk.run("5")
    assert any("leaves no proof for later runs: FLATKEY" in note for note in outcome.notes)
    assert desk.run().proof.sentence.endswith("finished, and left no proof that this run can use")


def test_a_missing_controlled_failure_is_told_as_such(desk: Desk) -> None:
    unfinished(desk)
    outcome = desk.run()
    assert outcome.proof.proof is not None
    assert isinstance(outcome.controlled_failure, Missing)
    assert outcome.controlled_failure.detail == (
        f"proof {outcome.proof.proof.id} holds none; run again with --spend to send it"
    )


def test_media_is_kept_on_another_disk(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "rename", other_disk)
    desk.keep_media = tmp_path / "kept"
    outcome = desk.run("5")
    assert isinstance(outcome.delivery, Delivery)
    (kept,) = outcome.delivery.kept
    assert Path(kept).read_bytes() == clip()
    assert outcome.proof.valid
