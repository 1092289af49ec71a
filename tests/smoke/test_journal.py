"""The journal: what it keeps, what it refuses, and that nothing in it can be lost or forged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from paid_jobs import LIFE, NOON, OPERATION, intent, later, state
from veo_check.smoke.journal import (
    Ended,
    Entry,
    Journal,
    JournalUnreadableError,
    OpenJobError,
    Spend,
    Unreadable,
    WrongStepError,
)

ROUTE = "storyboard-drafts"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(state(tmp_path))


def entry_file(journal: Journal, route: str = ROUTE) -> Path:
    (path,) = journal.folder.journal_of(route).glob("*.json")
    return path


def test_every_step_is_read_back_as_written(journal: Journal) -> None:
    entry = journal.begin(intent())
    seen = [journal.entries(ROUTE)]
    for step in LIFE:
        journal.save(entry := step(entry))
        seen.append(journal.entries(ROUTE))
        assert seen[-1] == (entry,)
    assert [held[0].state for held in seen] == [
        "intent", "submitted", "submitted", "unfinished", "submitted", "submitted", "finished",
        "finished",
    ]  # fmt: skip
    assert not entry.is_open
    assert entry.billed == Decimal("0.40")
    assert entry.statuses == ("queued", "completed")


def test_one_open_job_of_a_kind(journal: Journal) -> None:
    journal.begin(intent())
    with pytest.raises(OpenJobError):
        journal.begin(intent())
    journal.begin(intent(kind="controlled-failure"))
    kinds = [one.intent.kind for one in journal.entries(ROUTE)]
    assert kinds == ["smoke", "controlled-failure"]


def test_ids_count_up_and_are_never_used_again(journal: Journal) -> None:
    ids = []
    for _ in range(3):
        entry = journal.begin(intent())
        ids.append(entry.id)
        journal.save(entry.abandoned(later(9), "test"))
    assert [one.split("-")[1] for one in ids] == ["000001", "000002", "000003"]
    assert journal.newest(ROUTE) == journal.find(ids[-1])
    assert journal.find("00000000-000001-abcdef") is None


def test_routes_and_halves_are_apart(tmp_path: Path) -> None:
    real, simulated = Journal(state(tmp_path)), Journal(state(tmp_path, simulated=True))
    real.begin(intent("a"))
    simulated.begin(intent("a", simulated=True))
    real.begin(intent("b/../a"))
    assert [len(one.entries("a")) for one in (real, simulated)] == [1, 1]
    assert [one.intent.route for one in real.everything() if isinstance(one, Entry)] in (
        ["a", "b/../a"],
        ["b/../a", "a"],
    )
    assert real.entries("b") == ()


def test_a_file_is_found_whatever_the_checkout_became(tmp_path: Path) -> None:
    entry = Journal(state(tmp_path)).begin(intent())
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "state").rename(tmp_path / "elsewhere" / "state")
    assert Journal(state(tmp_path / "elsewhere")).entries(ROUTE) == (entry,)


def _damage(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def _field(name: str, value: object) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        held = json.loads(content)
        part = held
        *above, last = name.split(".")
        for step in above:
            part = part[step]
        part[last] = value
        return (json.dumps(held, indent=2, sort_keys=True) + "\n").encode()

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content + b" ",
        lambda content: b"\xff" + content,
        lambda content: b"[" * 100_000,
        lambda content: b"x" * (1024 * 1024 + 1),
        lambda content: content.replace(b'"0.40"', b"0.40", 1),
        lambda content: content.replace(b'"polls": 0', b'"polls": 0, "polls": 0'),
        _field("state", "free"),
        _field("state", "submitted"),
        _field("state", "refused"),
        _field("intent.route", "another"),
        _field("intent.simulated", True),
        _field("intent.id", "00000000-000001-abcdef"),
        _field("intent.at", "2026-11-22T12:00:00"),
        _field("intent.at_stake", "-1"),
        _field("intent.at_stake", "NaN"),
        _field("intent.deadline_seconds", 0),
        _field("intent.binding.shape.audio", "yes"),
        _field("polls", -1),
        _field("polls", True),
        _field("more", 1),
        _field("closed_at", "2026-11-22T12:00:00.000000+00:00"),
    ],
)
def test_a_damaged_or_forged_record_stops_the_route(
    journal: Journal, change: Callable[[bytes], bytes]
) -> None:
    entry = journal.begin(intent())
    path = entry_file(journal)
    _damage(path, change)
    with pytest.raises(JournalUnreadableError, match="no further job is sent"):
        journal.entries(ROUTE)
    with pytest.raises(JournalUnreadableError):
        journal.begin(intent(kind="controlled-failure"))
    with pytest.raises(JournalUnreadableError):
        journal.find(entry.id)
    (listed,) = journal.everything()
    assert isinstance(listed, Unreadable)
    assert listed.path == path


def test_a_record_that_is_a_link_or_a_pipe_is_refused(journal: Journal, tmp_path: Path) -> None:
    journal.begin(intent())
    path = entry_file(journal)
    path.rename(tmp_path / "away.json")
    path.symlink_to(tmp_path / "away.json")
    with pytest.raises(JournalUnreadableError, match="cannot be read"):
        journal.entries(ROUTE)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(JournalUnreadableError, match="cannot be read"):
        journal.entries(ROUTE)


def test_a_record_moved_to_another_route_is_refused(journal: Journal) -> None:
    journal.begin(intent("a"))
    journal.begin(intent("b"))
    path = entry_file(journal, "a")
    path.rename(journal.folder.journal_of("b") / "000002-abcdef.json")
    with pytest.raises(JournalUnreadableError, match="moved here"):
        journal.entries("b")


def test_spend_of_each_cost_centre(journal: Journal) -> None:
    finished = journal.begin(intent("a"))
    for step in LIFE:
        journal.save(finished := step(finished))
    uncertain = journal.begin(intent("a"))
    journal.save(uncertain.doubted(Ended(later(5), "submit-uncertain")))
    refused = journal.begin(intent("b"))
    journal.save(refused.refused(Ended(later(5), "no-channel", status_code=503)))
    assert journal.spend() == (Spend("CC-4412", 3, Decimal("0.40"), Decimal("0.80")),)


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ((), lambda entry: entry.polled("queued", NOON)),
        ((), lambda entry: entry.finished(Ended(NOON))),
        ((), lambda entry: entry.taken_up()),
        ((), lambda entry: entry.closed(NOON)),
        (LIFE[:1], lambda entry: entry.accepted(OPERATION)),
        (LIFE[:1], lambda entry: entry.refused(Ended(NOON))),
        (LIFE[:1], lambda entry: entry.doubted(Ended(NOON))),
        (LIFE[:3], lambda entry: entry.finished(Ended(NOON))),
        (LIFE, lambda entry: entry.abandoned(NOON, "late")),
        (LIFE, lambda entry: entry.polled("queued", NOON)),
        (LIFE, lambda entry: entry.taken_up()),
    ],
)
def test_no_step_out_of_turn(
    journal: Journal,
    steps: tuple[Callable[[Entry], Entry], ...],
    wrong: Callable[[Entry], Entry],
) -> None:
    entry = journal.begin(intent())
    for step in steps:
        entry = step(entry)
    with pytest.raises(WrongStepError):
        wrong(entry)


def test_a_fluttering_status_does_not_fill_the_disk(journal: Journal) -> None:
    entry = journal.begin(intent()).accepted(OPERATION)
    for poll in range(2000):
        entry = entry.polled(f"status {poll % 2}", later(poll))
    assert (entry.polls, len(entry.history)) == (2000, 200)
