"""The journal: what it keeps, what it refuses, and that nothing in it can be lost or forged."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

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
    assert journal.entries(ROUTE)[-1] == journal.find(ids[-1])
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


def _forged(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    """A changed entry with the digest that fits it."""

    def forge(content: bytes) -> bytes:
        held = json.loads(content)
        change(held["entry"])
        text = json.dumps(held["entry"], indent=2, sort_keys=True) + "\n"
        held["digest"] = hashlib.sha256(text.encode()).hexdigest()
        return (json.dumps(held, indent=2, sort_keys=True) + "\n").encode()

    return forge


def _field(name: str, value: object) -> Callable[[bytes], bytes]:
    def change(part: dict[str, Any]) -> None:
        *above, last = name.split(".")
        for step in above:
            part = part[step]
        part[last] = value

    return _forged(change)


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
    (listed,) = journal.everything()
    assert isinstance(listed, Unreadable)
    assert (listed.path, listed.job) == (path, entry.id)
    assert journal.find(entry.id) == listed


def _held(journal: Journal) -> Entry:
    entry = journal.begin(intent())
    for step in LIFE:
        journal.save(entry := step(entry))
    return entry


def test_no_changed_character_is_believed(journal: Journal) -> None:
    """Of the operation's id, of a date, of a price, of a name, of the digest: of nothing."""
    _held(journal)
    path = entry_file(journal)
    whole = path.read_bytes()
    for at, old in enumerate(whole):
        other = ord("1") if chr(old) != "1" else ord("2")
        for new in {other, old ^ 1}:
            path.write_bytes(whole[:at] + bytes([new]) + whole[at + 1 :])
            (listed,) = journal.everything()
            assert isinstance(listed, Unreadable), (at, chr(old), chr(new))
    path.write_bytes(whole)
    assert all(isinstance(one, Entry) for one in journal.everything())


def test_an_operation_of_another_job_is_not_believed(journal: Journal) -> None:
    _held(journal)
    text = entry_file(journal).read_text()
    entry_file(journal).write_text(text.replace(OPERATION.id, "task_0123456789abcdee"))
    with pytest.raises(JournalUnreadableError, match="does not match its own digest"):
        journal.entries(ROUTE)


def _undigested(path: Path) -> str:
    """The file as an earlier version wrote it."""
    held = json.loads(path.read_text())["entry"]
    del held["charged"]
    for name in ("code", "request_id", "replacement", "names_the_mistake"):
        held["ended"].pop(name)
    path.write_text(json.dumps(held, indent=2, sort_keys=True) + "\n")
    return path.read_text()


def test_an_entry_of_an_earlier_version_is_read_and_rewritten(journal: Journal) -> None:
    entry = _held(journal)
    path = entry_file(journal)
    new = path.read_text()
    old = _undigested(path)
    assert journal.entries(ROUTE) == (entry,)
    assert path.read_text() == old  # looking writes nothing
    journal.add_digests(ROUTE)
    assert path.read_text() == new
    journal.add_digests("another")
    assert journal.entries(ROUTE) == (entry,)
    _undigested(path)
    _damage(path, lambda content: content.replace(b'"polls": 2', b'"polls": -2'))
    journal.add_digests(ROUTE)  # what cannot be read is left as it is
    with pytest.raises(JournalUnreadableError):
        journal.entries(ROUTE)


def test_an_older_refusal_has_no_charge_to_be_read(journal: Journal) -> None:
    refused = journal.begin(intent()).refused(Ended(later(5), "no-channel")).weighed("unknown")
    journal.save(refused.closed(later(5)))
    _undigested(entry_file(journal))
    assert journal.entries(ROUTE) == (refused.closed(later(5)),)


def test_a_record_that_was_given_up_is_kept_and_counted_no_more(journal: Journal) -> None:
    lost = journal.begin(intent())
    path = entry_file(journal)
    for times in (1, 2):
        path.write_text("{}")
        held = journal.find(lost.id)
        assert isinstance(held, Unreadable)
        assert f"job abandon {lost.id}" in held.way_out
        kept = journal.give_up(held, "no row in the log")
        assert (kept.read_text(), path.exists()) == ("{}", False)
        assert kept.name == f"{path.name}{'.unreadable' * times}"
        assert (path.parent / f"{path.name}.because").read_text() == "no row in the log\n"
        assert journal.entries(ROUTE) == ()
        assert set(journal.given_up(ROUTE)) == {lost.id}
    following = journal.begin(intent())
    assert following.id > lost.id  # its number is never used again
    assert following.id.split("-")[1] == "000002"
    assert journal.spend()[0].jobs == 1


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
    journal.save(uncertain.mark_uncertain(Ended(later(5), "submit-uncertain")))
    refused = journal.begin(intent("b"))
    refused = refused.refused(Ended(later(5), "no-channel", status_code=503))
    journal.save(refused)
    assert journal.spend() == (Spend("CC-4412", 3, Decimal("0.40"), Decimal("1.20")),)
    journal.save(refused.weighed("yes"))
    assert journal.spend() == (Spend("CC-4412", 3, Decimal("0.40"), Decimal("1.20")),)
    journal.save(refused.weighed("no").closed(later(30)))
    assert journal.spend() == (Spend("CC-4412", 3, Decimal("0.40"), Decimal("0.80")),)


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ((), lambda entry: entry.polled("queued", NOON)),
        ((), lambda entry: entry.finished(Ended(NOON))),
        ((), lambda entry: entry.resume()),
        ((), lambda entry: entry.closed(NOON)),
        ((), lambda entry: entry.weighed("no")),
        ((), lambda entry: entry.refused(Ended(NOON)).closed(NOON)),
        ((), lambda entry: entry.refused(Ended(NOON)).weighed("yes").closed(NOON)),
        ((), lambda entry: entry.refused(Ended(NOON)).weighed("no").closed(NOON).weighed("no")),
        (LIFE[:1], lambda entry: entry.accepted(OPERATION)),
        (LIFE[:1], lambda entry: entry.refused(Ended(NOON))),
        (LIFE[:1], lambda entry: entry.mark_uncertain(Ended(NOON))),
        (LIFE[:3], lambda entry: entry.finished(Ended(NOON))),
        (LIFE, lambda entry: entry.abandoned(NOON, "late")),
        (LIFE, lambda entry: entry.polled("queued", NOON)),
        (LIFE, lambda entry: entry.resume()),
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
