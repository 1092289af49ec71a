"""The state folder: private, marked, ignored by git, and never somebody else's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from veo_check.core.money import UsageError
from veo_check.smoke.state_folder import open_state_folder, refuse_if_tracked, state_folder

GIT = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=m"]


def git(folder: Path, *words: str) -> None:
    subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init")
    (folder / "a.txt").write_text("a")
    git(folder, "add", "a.txt")
    return folder


def commit_state(repository: Path) -> Path:
    state = repository / "routes" / ".veo-check"
    (state / "real" / "journal").mkdir(parents=True)
    (state / "real" / "journal" / "old.json").write_text("{}")
    git(repository, "add", "-f", ".")
    return state


def test_beside_the_route_file_unless_told_otherwise(tmp_path: Path) -> None:
    route = tmp_path / "routes" / "route.yaml"
    assert state_folder(route, None, {}, spend=True) == tmp_path / "routes" / ".veo-check"
    assert state_folder(route, tmp_path / "s", {"CI": "1"}, spend=True) == tmp_path / "s"
    assert state_folder(route, Path("s"), {}, spend=False) == Path.cwd() / "s"


@pytest.mark.parametrize("value", ["true", "1", "TRUE", "yes", "woodpecker"])
def test_ci_spends_only_with_a_state_folder_of_its_own(tmp_path: Path, value: str) -> None:
    route = tmp_path / "route.yaml"
    with pytest.raises(UsageError, match=r"CI is set.*--state DIR"):
        state_folder(route, None, {"CI": value}, spend=True)
    assert state_folder(route, None, {"CI": value}, spend=False) == tmp_path / ".veo-check"


@pytest.mark.parametrize("value", ["", "false", "0", "False", " no "])
def test_what_is_not_ci(tmp_path: Path, value: str) -> None:
    route = tmp_path / "route.yaml"
    assert state_folder(route, None, {"CI": value}, spend=True) == tmp_path / ".veo-check"


def test_made_private_marked_and_ignored(repository: Path) -> None:
    place = repository / "routes" / ".veo-check"
    opened = open_state_folder(place, simulated=False)
    assert opened.home == place / "real"
    assert (place / ".gitignore").read_text().splitlines()[1:] == ["*"]
    assert sorted(one.name for one in (place / "real").iterdir()) == ["journal", "locks", "proofs"]
    if os.name != "nt":
        assert {
            one.stat().st_mode & 0o777 for one in (place, *place.rglob("*")) if one.is_dir()
        } == {0o700}
    (place / "real" / "journal" / "secret.json").write_text("{}")
    listed = subprocess.run(
        [*GIT, "status", "--porcelain", "-uall"],
        cwd=repository,
        check=True,
        capture_output=True,
        text=True,
    )
    assert listed.stdout == "A  a.txt\n"
    assert open_state_folder(place, simulated=False) == opened


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_an_open_folder_is_closed_to_others(tmp_path: Path) -> None:
    open_state_folder(tmp_path / "s", simulated=False)
    (tmp_path / "s").chmod(0o755)
    open_state_folder(tmp_path / "s", simulated=True)
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700


def test_a_folder_with_other_files_is_left_alone(repository: Path) -> None:
    before = sorted(one.name for one in repository.iterdir())
    with pytest.raises(UsageError, match="holds other files"):
        open_state_folder(repository, simulated=False)
    (repository / "b").mkdir()
    (repository / "b" / ".gitignore").write_text("*.pyc\n")
    with pytest.raises(UsageError, match="not veo-check's"):
        open_state_folder(repository / "b", simulated=False)
    assert (repository / "b" / ".gitignore").read_text() == "*.pyc\n"
    assert sorted(one.name for one in repository.iterdir()) == [*before, "b"]


def test_a_half_made_folder_is_finished(tmp_path: Path) -> None:
    place = tmp_path / "s"
    (place / "real").mkdir(parents=True)
    (place / "lost+found").mkdir()
    (place / ".tmp-0011").write_text("# veo")
    open_state_folder(place, simulated=False)
    assert (place / ".gitignore").read_text().endswith("\n*\n")


def test_a_file_in_its_place_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("")
    with pytest.raises(UsageError, match="cannot be a state folder"):
        open_state_folder(tmp_path / "s", simulated=False)
    with pytest.raises(UsageError, match="cannot be a state folder"):
        open_state_folder(tmp_path / "s" / "below", simulated=False)


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_a_committed_folder_is_refused(repository: Path, version: str) -> None:
    state = commit_state(repository)
    if version == "3":  # an entry with extended flags makes git write version 3
        (repository / "later.txt").write_text("")
        git(repository, "add", "--intent-to-add", "later.txt")
    else:
        git(repository, "update-index", "--index-version", version)
    index = (repository / ".git" / "index").read_bytes()
    assert index[4:8] == bytes([0, 0, 0, int(version)])
    with pytest.raises(UsageError, match="is tracked by the git repository"):
        refuse_if_tracked(state)
    refuse_if_tracked(repository / "routes" / ".veo")
    refuse_if_tracked(repository / "routes" / ".veo-check-2")


def test_a_split_index_is_read_through_git(repository: Path) -> None:
    state = commit_state(repository)
    git(repository, "update-index", "--split-index")
    with pytest.raises(UsageError, match="is tracked"):
        refuse_if_tracked(state)
    refuse_if_tracked(repository / "other")


def test_long_hashes_are_read_through_git(tmp_path: Path) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    git(folder, "init", "--object-format=sha256")
    state = commit_state(folder)
    with pytest.raises(UsageError, match="is tracked"):
        refuse_if_tracked(state)
    refuse_if_tracked(folder / "other")


def test_a_linked_work_tree_and_a_link_into_one(repository: Path, tmp_path: Path) -> None:
    state = commit_state(repository)
    git(repository, "commit", "-m", "x")
    git(repository, "worktree", "add", str(tmp_path / "linked"))
    with pytest.raises(UsageError, match="is tracked"):
        refuse_if_tracked(tmp_path / "linked" / "routes" / ".veo-check")
    (tmp_path / "link").symlink_to(state)
    with pytest.raises(UsageError, match="is tracked"):
        refuse_if_tracked(tmp_path / "link")


def test_what_cannot_be_told_is_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / ".git" / "index").write_bytes(b"DIRC damaged")
    with pytest.raises(UsageError, match="cannot be told"):
        refuse_if_tracked(repository / "s")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="cannot be told"):
        refuse_if_tracked(repository / "s")


def test_a_repository_in_which_nothing_was_added(tmp_path: Path) -> None:
    git(tmp_path, "init")
    refuse_if_tracked(tmp_path / "s")


@pytest.mark.parametrize("name", ["*", ":(exclude)a", "a b\nc", "é"])
def test_odd_names_are_taken_literally(repository: Path, name: str) -> None:
    (repository / name).mkdir()
    (repository / name / "f").write_text("")
    for version in ("2", "4"):
        refuse_if_tracked(repository / "other")
        git(repository, "add", "-A")
        git(repository, "update-index", "--index-version", version)
        with pytest.raises(UsageError, match="is tracked"):
            refuse_if_tracked(repository / name)
        git(repository, "rm", "-r", "--cached", f":(top,literal){name}")
        refuse_if_tracked(repository / name)
