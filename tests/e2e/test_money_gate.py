"""What lets a job through to be paid, what does not, and what is said before anything is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_check.cli.main import main
from veo_check.sandbox.wire import OTHER_KEYS

Run = Callable[..., Any]

EXAMPLES = Path(__file__).parents[2] / "examples"
FLATKEY = "flatkey-veo-3.1-fast.yaml"
WAIVER = """
waivers:
  - {finding: budget-covers/monthly, reason: "contract, ticket 812",
     owner: video-platform@example.com, expires: EXPIRES}
"""


@pytest.fixture
def route(tmp_path: Path) -> Callable[..., Path]:
    """Copies of the example under other names, with words replaced."""

    def copy(name: str, *changes: tuple[str, str], more: str = "") -> Path:
        folder = tmp_path / "routes"
        shutil.copytree(EXAMPLES / "logs", folder / "logs", dirs_exist_ok=True)
        text = (EXAMPLES / FLATKEY).read_text()
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        path = folder / f"{name}.yaml"
        path.write_text(text + more)
        return path

    return copy


def submits(state: Path) -> int:
    return len(list(state.glob("simulated/journal/*/*.json")))


@pytest.mark.parametrize(
    ("expires", "sent"), [("2026-12-15", 2), ("2026-11-20", 0), ("2027-06-01", 0)]
)
def test_a_waived_check_stops_no_money(
    expires: str, sent: int, veo: Run, route: Callable[..., Path], tmp_path: Path
) -> None:
    monthly = ('monthly: "6000"', 'monthly: "60"')
    file = route("waived", monthly, more=WAIVER.replace("EXPIRES", expires))
    veo("run", file, "--sandbox", "--spend", "2", "--state", tmp_path / "s", "-o", "json")
    assert submits(tmp_path / "s") == sent


@pytest.mark.parametrize(
    ("changes", "words", "sent"),
    [
        ((), ("--scenario", "chat-only-types"), 1),  # not known: the job settles it
        ((), ("--scenario", "job-declared-not-routed"), 1),
        ((), ("--skip", "endpoint-family"), 0),
        ((("endpoint: videos", "endpoint: interactions"),), (), 0),
        ((("endpoint: videos", "endpoint: predict-long-running"),), (), 0),
        ((("official: veo-3.1-fast-generate-001", "official: gemini-omni-1.2-flash"),), (), 0),
    ],
)
def test_money_is_stopped_by_a_family_that_cannot_work_not_by_one_that_is_unproved(
    changes: tuple[tuple[str, str], ...],
    words: tuple[str, ...],
    sent: int,
    veo: Run,
    route: Callable[..., Path],
    tmp_path: Path,
) -> None:
    file, state = route("family", *changes), tmp_path / "s"
    ran = veo("run", file, "--sandbox", *words, "--spend", "2", "--state", state, "-o", "json")
    assert submits(state) == sent
    if sent == 0:
        assert ran.code != 0
        assert "endpoint-family is" in ran.err + ran.out


def test_the_plan_of_a_paid_run_names_what_is_paid(veo: Run, tmp_path: Path) -> None:
    words = ("run", EXAMPLES / FLATKEY, "--sandbox", "--plan", "--state", tmp_path / "s")
    free, paid = veo(*words).out, veo(*words, "--spend", "2").out
    assert "This run can cost at most 0.00 USD." in free
    assert "paid" not in free
    assert "  paid  POST https://router.flatkey.ai (videos)  the smoke job: 4 s at 720p" in paid
    assert "the controlled failure: a clip of 5 s" in paid
    assert "This run can cost at most 2.00 USD (--spend)" in paid
    assert not (tmp_path / "s").exists()


def test_no_job_is_paid_before_every_record_can_be_kept(
    veo: Run, route: Callable[..., Path], tmp_path: Path
) -> None:
    good = route("good")
    (tmp_path / "other").mkdir()
    bad = tmp_path / "other" / "bad.yaml"
    shutil.copytree(EXAMPLES / "logs", bad.parent / "logs")
    bad.write_text(good.read_text().replace("name: storyboard-drafts", "name: other"))
    (bad.parent / ".veo-check").write_text("a file")
    for file in (good, bad):  # beside each file, as without --state
        assert not (file.parent / ".veo-check").is_dir()
    assert main(["run", str(good), str(bad), "--sandbox", "--spend", "5"]) == 2
    assert submits(good.parent / ".veo-check") == 0


def test_an_unusable_state_folder_is_one_route_s_reason(
    veo: Run, route: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "thesis.txt").write_text("somebody's")
    words = ("--sandbox", "--state", tmp_path / "s", "-o", "json")
    ran = veo("run", route("one"), *words)
    assert ran.code == 3
    reason = ran.checks["job-completes"]["reason"]
    assert "cannot be a state folder (it holds other files)" in reason
    assert veo("run", route("one"), *words, "--spend", "5").code == 2


@pytest.mark.parametrize(("characters", "proofs"), [(15, 0), (16, 1)])
def test_a_short_proof_key_seals_nothing(
    characters: int, proofs: int, veo: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEO_CHECK_PROOF_KEY", "k" * characters)
    file = EXAMPLES / "google-agent-platform.yaml"
    ran = veo("run", file, "--sandbox", "--spend", "5", "--state", tmp_path / "s")
    assert submits(tmp_path / "s") == 2
    assert len(list((tmp_path / "s").glob("simulated/proofs/*/*.json"))) == proofs
    said = "VEO_CHECK_PROOF_KEY is not set to 16 characters or more" in " ".join(
        (ran.out + ran.err).split()
    )
    assert said is not bool(proofs)


def test_an_api_key_of_the_agent_platform_seals_its_own_proof(
    veo: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_ACCESS_TOKEN", OTHER_KEYS["agent-platform-api-key"])
    words = ("run", EXAMPLES / "google-agent-platform.yaml", "--sandbox", "--state", tmp_path / "s")
    veo(*words, "--spend", "5", "-o", "json")
    assert submits(tmp_path / "s") == 2
    later = veo(*words, "--spend", "5", "-o", "json")  # the proof answers: nothing more is sent
    assert submits(tmp_path / "s") == 2
    assert later.checks["job-completes"]["status"] == "warn"  # paid at a lower resolution
    (proof,) = (tmp_path / "s").glob("simulated/proofs/*/*.json")
    assert veo("evidence", "verify", proof).out.endswith("holds under GOOGLE_ACCESS_TOKEN\n")
    monkeypatch.setenv("GOOGLE_ACCESS_TOKEN", "ya29.another-login")
    assert "VEO_CHECK_PROOF_KEY" in veo("evidence", "verify", proof).out


def test_two_routes_of_one_name_do_not_void_each_other(
    veo: Run, route: Callable[..., Path], tmp_path: Path
) -> None:
    one = route("one")
    other = route("other", ('aspect_ratio: "16:9"', 'aspect_ratio: "9:16"'))
    ran = veo("run", one, other, "--sandbox", "--spend", "5", "--state", tmp_path / "s")
    assert ran.code == 2
    assert "both call their route 'storyboard-drafts'" in ran.err
    assert submits(tmp_path / "s") == 0
    same = route("same")
    ran = veo("run", one, same, "--sandbox", "--spend", "5", "--state", tmp_path / "s")
    assert ran.code == 0
    assert submits(tmp_path / "s") == 2
