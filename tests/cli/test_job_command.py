"""`veo-check job`: what is on record, and the way past an uncertain submit."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from fake_clock import FakeClock
from paid_jobs import intent
from paid_world import Desk
from veo_check.cli.main import main
from veo_check.smoke.journal import Journal
from veo_check.smoke.state_folder import StateFolder, open_state_folder, route_lock


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["job", *words])
    out, err = capsys.readouterr()
    return code, out, err


def jobs(capsys: pytest.CaptureFixture[str], desk: Desk) -> list[dict[str, object]]:
    code, out, err = run(capsys, "list", "--state", str(desk.folder), "-o", "json")
    assert (code, err) == (0, "")
    listed: list[dict[str, object]] = json.loads(out)["jobs"]
    return listed


def test_an_empty_record(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, "list", "--state", str(tmp_path / "none"))
    assert (code, err) == (0, "")
    assert out == (
        f"No paid job is on record in {tmp_path / 'none'} (there is no such folder). Elsewhere: "
        "ROUTE or --state.\n"
    )
    assert not (tmp_path / "none").exists()


def test_the_list_and_its_sums(capsys: pytest.CaptureFixture[str], desk: Desk) -> None:
    desk.run("5")
    code, out, _ = run(capsys, "list", "--state", str(desk.folder))
    assert code == 0
    first, second, *_ = out.splitlines()
    assert "finished" in first
    assert "$0.48  task_…0001  CC-4412  storyboard-drafts" in first
    assert "controlled-failure  refused" in second
    assert "$0.00 at most  no operation" in second
    assert "  CC-4412: $0.48 billed (2 jobs)" in out
    assert "task_0000" not in out


def test_simulated_jobs_are_marked_and_cost_nothing(
    capsys: pytest.CaptureFixture[str], desk: Desk
) -> None:
    folder = open_state_folder(desk.folder, simulated=True)
    Journal(folder).begin(intent(simulated=True))
    code, out, _ = run(capsys, "list", "--state", str(desk.folder))
    assert (code, "simulated" in out, "Spent on" in out) == (0, True, False)


def test_an_unreadable_record_is_named(capsys: pytest.CaptureFixture[str], desk: Desk) -> None:
    desk.run("5")
    folder = StateFolder(desk.folder, simulated=False).journal_of(desk.route.name)
    next(folder.glob("*.json")).write_text("{}")
    code, out, _ = run(capsys, "list", "--state", str(desk.folder))
    assert code == 3
    assert "unreadable" in out
    assert "What the jobs cost whose record cannot be read is not known" in out


@pytest.mark.parametrize("which", [0, 1])
def test_abandoning_is_the_way_past_a_record_that_cannot_be_read(
    which: int, capsys: pytest.CaptureFixture[str], desk: Desk
) -> None:
    """Of the smoke job, and of the controlled failure that a sealed proof names."""
    desk.run("5")
    folder = StateFolder(desk.folder, simulated=False).journal_of(desk.route.name)
    path = sorted(folder.glob("*.json"))[which]
    job = str(jobs(capsys, desk)[which]["id"])
    path.write_text(path.read_text().replace("FLATKEY", "FLATKEZ"))
    damaged = path.read_bytes()
    assert desk.run("5").proof.code == "journal-unreadable"
    code, _, err = run(capsys, "show", job, "--state", str(desk.folder))
    assert (code, f"job abandon {job}" in err) == (2, True)
    code, out, _ = run(capsys, "abandon", job, "--state", str(desk.folder))
    kept = path.with_name(f"{path.name}.unreadable")
    assert code == 0
    assert f"What it cost is not known: no sum holds it. Its file is kept: {kept}." in out
    assert kept.read_bytes() == damaged
    code, out, _ = run(capsys, "list", "--state", str(desk.folder))
    assert code == 0
    assert f"unreadable, given up  {job}" in out
    code, _, err = run(capsys, "abandon", job, "--state", str(desk.folder))
    assert (code, "closed already (given up)" in err) == (2, True)
    assert len(desk.world.posts) == 2
    assert desk.run().proof.valid  # its own seal still says what became of it


def test_a_job_given_up_unread_voids_an_older_proof(
    capsys: pytest.CaptureFixture[str], desk: Desk
) -> None:
    desk.run("5")
    desk.world.polls = ("filtered",)
    desk.run("5", renew=True)
    job = str(jobs(capsys, desk)[-1]["id"])
    half = StateFolder(desk.folder, simulated=False)
    (half.proofs_of(desk.route.name) / f"{job.partition('-')[2]}.json").unlink()
    (half.journal_of(desk.route.name) / f"{job.partition('-')[2]}.json").write_text("{}")
    run(capsys, "abandon", job, "--state", str(desk.folder))
    status = desk.run().proof
    assert (status.code, f"{job} was abandoned" in status.sentence) == ("superseded", True)


def test_showing_one(capsys: pytest.CaptureFixture[str], desk: Desk) -> None:
    desk.run("5")
    job = str(jobs(capsys, desk)[0]["id"])
    code, out, _ = run(capsys, "show", job, "--state", str(desk.folder))
    assert code == 0
    assert "statuses        ['queued', 'in_progress', 'completed']" in out
    assert "task_0000" not in out
    code, out, err = run(capsys, "show", "nonsense\x1b[2J", "--state", str(desk.folder))
    assert (code, out) == (2, "")
    assert "\x1b" not in err


def test_abandoning_is_the_way_past_an_uncertain_submit(
    capsys: pytest.CaptureFixture[str], desk: Desk
) -> None:
    desk.world.submit = "drop-after"
    desk.run("5")
    desk.world.submit = "accept"
    desk.run("5")
    assert len(desk.world.posts) == 1
    (listed,) = jobs(capsys, desk)
    assert (listed["state"], listed["spent_at_most"]) == ("uncertain", "0.48")
    job = str(listed["id"])
    code, out, _ = run(capsys, "show", job, "--state", str(desk.folder))
    assert (code, "job abandon" in out) == (0, True)
    code, out, _ = run(
        capsys, "abandon", job, "--state", str(desk.folder), "--because", "no row in the log"
    )
    assert (code, out) == (0, f"{job} is abandoned; its route may send a job again.\n")
    (listed,) = jobs(capsys, desk)
    assert (listed["state"], listed["abandoned_because"]) == ("abandoned", "no row in the log")
    code, _, err = run(capsys, "abandon", job, "--state", str(desk.folder))
    assert (code, "closed already" in err) == (2, True)
    assert desk.run("5").proof.valid


def test_a_job_of_a_run_at_work_is_not_abandoned(
    capsys: pytest.CaptureFixture[str], desk: Desk, clock: FakeClock
) -> None:
    desk.world.polls = ("queued",)
    desk.run("5")
    folder = StateFolder(desk.folder, simulated=False)
    job = str(jobs(capsys, desk)[0]["id"])
    with route_lock(folder.lock_of(desk.route.name), clock):
        code, _, err = run(capsys, "abandon", job, "--state", str(desk.folder))
    assert (code, "a run is at work" in err) == (2, True)


def test_every_command_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("list", "show", "abandon"):
        code, out, err = run(capsys, name, "--help")
        assert (code, err) == (0, "")
        assert f"Example: veo-check job {name}" in " ".join(out.split())


def test_a_route_file_names_its_record(
    capsys: pytest.CaptureFixture[str], root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "routes"
    copytree(root / "examples", folder, ignore=ignore_patterns(".veo-check"))
    route = folder / "flatkey-veo-3.1-fast.yaml"
    main(["run", str(route), "--sandbox", "--spend", "2", "-o", "json"])
    capsys.readouterr()
    for place in (route, route.parent):
        code, out, err = run(capsys, "list", str(place), "-o", "json")
        assert (code, err) == (0, "")
        assert [job["route"] for job in json.loads(out)["jobs"]] == ["storyboard-drafts"] * 2
    code, out, err = run(capsys, "list", str(tmp_path / "gone.yaml"))
    assert (code, out) == (2, "")
    assert "no such route file or folder" in err
