"""`run --evidence`, and `evidence show|verify|diff` of what it wrote."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scenario_runs import ScenarioRuns
from veo_check.cli.main import main
from veo_check.evidence.bundle import MANIFEST, Manifest, manifest_of
from veo_check.evidence.records import from_text
from veo_check.sandbox.scenarios import SCENARIOS

FREE = [one.name for one in SCENARIOS if not one.paid]
PAID = [one.name for one in SCENARIOS if one.paid]
EXAMPLE = "flatkey-veo-3.1-fast"


@dataclass(frozen=True)
class RunResult:
    code: int
    out: str
    err: str


Command = Callable[..., RunResult]


@pytest.fixture
def veo(capfd: pytest.CaptureFixture[str]) -> Command:
    def run(*words: object) -> RunResult:
        capfd.readouterr()
        code = main([str(one) for one in words])
        return RunResult(code, *capfd.readouterr())

    return run


@pytest.fixture
def keep(veo: Command, root: Path, tmp_path: Path) -> Callable[..., Path]:
    """Run an example in the sandbox and keep its evidence: the new bundle's folder."""

    def run(*words: object, example: str = EXAMPLE) -> Path:
        folder, state = tmp_path / "evidence", tmp_path / "state"
        before = set(folder.iterdir()) if folder.is_dir() else set()
        path = example if Path(example).is_absolute() else root / f"examples/{example}.yaml"
        rest = ("--sandbox", "--state", state, "--evidence", folder, "-o", "json", *words)
        ran = veo("run", path, *rest)
        (made,) = set(folder.iterdir()) - before
        assert f"veo-check: evidence in {made}\n" in ran.err
        assert (made / "report.json").read_text() == ran.out
        return made

    return run


@pytest.fixture
def made(scenario_run: ScenarioRuns, tmp_path: Path) -> Path:
    """A bundle of the healthy example that this test may spoil."""
    bundle = scenario_run("healthy").bundle
    return shutil.copytree(bundle, tmp_path / "evidence" / bundle.name)


@pytest.mark.parametrize("scenario", FREE)
def test_every_free_scenario_is_judged_the_same_again(
    scenario: str, scenario_run: ScenarioRuns, veo: Command
) -> None:
    ran = veo("evidence", "verify", scenario_run(scenario).bundle)
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"\d+ files as recorded; judged again: .*, as recorded\n", ran.out)


@pytest.mark.parametrize("scenario", PAID[::6])
def test_a_paid_run_is_judged_the_same_again(
    scenario: str, scenario_run: ScenarioRuns, veo: Command
) -> None:
    made = scenario_run(scenario).bundle
    assert veo("evidence", "verify", made).out.endswith(", as recorded\n")


@pytest.mark.parametrize("scenario", ["healthy", PAID[0]])
def test_a_run_on_the_proof_of_another_is_judged_the_same_again(
    scenario: str, keep: Callable[..., Path], veo: Command
) -> None:
    for words in (("--spend", "5"), ()):
        made = keep("--scenario", scenario, *words)
        assert veo("evidence", "verify", made).out.endswith(", as recorded\n")


@pytest.mark.parametrize(
    "words",
    [
        ("--skip", "price-agrees"),
        ("--only", "price-unit"),
        ("--target", "research"),
        ("--strict",),
        ("--inconclusive", "pass"),
        ("--as-of", "2027-03-01"),
        ("--max-age", "5", "--within", "365"),
        ("--checklist", "pull-request"),
        ("--allow-host", "OTHER=https://gateway.example"),
    ],
    ids=lambda words: words[0],
)
def test_every_wish_is_kept(
    words: tuple[str, ...], keep: Callable[..., Path], veo: Command
) -> None:
    assert veo("evidence", "verify", keep(*words)).out.endswith(", as recorded\n")


@pytest.mark.parametrize(
    "example", ["article-2026-06-17", "google-agent-platform", "openai-litellm"]
)
def test_every_example_is_judged_the_same_again(
    example: str, keep: Callable[..., Path], veo: Command
) -> None:
    assert veo("evidence", "verify", keep(example=example)).code == 0


def test_an_offline_run_is_judged_the_same_again(veo: Command, root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    veo("run", root / "examples", "--offline", "--evidence", folder, "-o", "json")
    (made,) = folder.iterdir()
    assert veo("evidence", "verify", made).code == 0


def test_both_files_of_a_route_that_extends_another_are_kept(
    keep: Callable[..., Path], veo: Command, root: Path, tmp_path: Path
) -> None:
    text = (root / f"examples/{EXAMPLE}.yaml").read_text()
    budget = text[text.index("\nbudget:") : text.index("\nfallback:")]
    (tmp_path / "team.yaml").write_text(f"version: 1\n{budget}")
    inside = tmp_path / "routes"
    inside.mkdir()
    route = inside / "route.yaml"
    route.write_text(text.replace(budget, "\n") + "\nextends: ../team.yaml\n")
    shutil.copytree(root / "examples/logs", inside / "logs")
    made = keep(example=str(route))
    kept = made / "routes/1"
    assert (kept / "route.yaml").read_text() == route.read_text()
    assert (kept / "extends.yaml").read_text() == (tmp_path / "team.yaml").read_text()
    shutil.rmtree(inside)
    (tmp_path / "team.yaml").unlink()
    assert veo("evidence", "verify", made).out.endswith(", as recorded\n")


def test_a_changed_file_is_named(made: Path, veo: Command) -> None:
    facts = made / "routes/1/facts/catalog.json"
    facts.write_text(facts.read_text().replace("plg", "vip"))
    ran = veo("evidence", "verify", made)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == (
        "routes/1/facts/catalog.json: is not what the manifest says: its hash differs\n"
        "1 file is not as recorded\n"
    )
    for words in (("show", made), ("diff", made, made)):
        refused = veo("evidence", *words)
        assert refused.code == 2
        assert "routes/1/facts/catalog.json is not what the manifest says" in refused.err


def test_a_verdict_that_does_not_follow_is_found_though_every_hash_agrees(
    made: Path, veo: Command
) -> None:
    forge(made, "report.json", '"verdict": "inconclusive"', '"verdict": "ready"')
    ran = veo("evidence", "verify", made)
    assert ran.code == 1
    assert "storyboard-drafts: verdict: recorded ready; now inconclusive\n" in ran.out
    assert "the run: verdict: recorded ready; now inconclusive\n" in ran.out


def test_a_fact_that_was_forged_changes_the_verdict(made: Path, veo: Command) -> None:
    forge(made, "routes/1/facts/key-answer.json", '"accepted"', '"refused"')
    ran = veo("evidence", "verify", made)
    assert ran.code == 1
    assert "storyboard-drafts: checks.key-accepted.status: recorded pass; now fail\n" in ran.out


def test_another_version_says_so(made: Path, veo: Command) -> None:
    forge(made, "report.json", '"verdict": "inconclusive"', '"verdict": "ready"')
    forge(made, "run.json", '"tool_version": "', '"tool_version": "9')
    assert "verify with the same version" in veo("evidence", "verify", made).out


def forge(made: Path, name: str, old: str, new: str) -> None:
    """Change a file and the manifest with it."""
    text = (made / name).read_text()
    assert old in text
    (made / name).write_text(text.replace(old, new))
    files = {
        one.relative_to(made).as_posix(): one.read_bytes()
        for one in made.rglob("*")
        if one.is_file() and one.name != MANIFEST
    }
    (made / MANIFEST).write_bytes(manifest_of(files, "0.1.0"))


@pytest.mark.parametrize("word", ["show", "verify"])
def test_what_is_no_bundle_is_a_usage_error(word: str, veo: Command, tmp_path: Path) -> None:
    ran = veo("evidence", word, tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"veo-check: {tmp_path}: holds no manifest.json\n"
    (tmp_path / "file").write_text("{}")
    assert veo("evidence", word, tmp_path / "file").code == 2
    assert veo("evidence", word, tmp_path / "nowhere").code == 2


def test_forged_parts_that_do_not_fit_are_a_usage_error(made: Path, veo: Command) -> None:
    for name, old, new, said in (
        ("checklist.json", '"tier": "research"', '"tier": "heaven"', ".tier is not what belongs"),
        ("checklist.json", '"tier": "research"', '"tier": 1', "not as it was written"),
        ("routes/1/route.yaml", "version: 1", "version: 2", "is not valid: line"),
        ("reference.json", '"lifecycle"', '"deathcycle"', "reference.json"),
        ("report.json", '"schema_version": "1"', '"schema_version": "2"', "of version 1"),
    ):
        copy = made.with_name("copy")
        shutil.copytree(made, copy)
        forge(copy, name, old, new)
        ran = veo("evidence", "verify", copy)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err
        shutil.rmtree(copy)


def test_a_forged_route_file_reads_nothing_beside_it(
    made: Path, veo: Command, tmp_path: Path
) -> None:
    secret = tmp_path / "team.yaml"
    secret.write_text("version: 1\nroute: {name: stolen}\n")
    (made.parent / "team.yaml").write_text(secret.read_text())
    forge(made, "routes/1/route.yaml", "version: 1", f"version: 1\nextends: {secret}")
    ran = veo("evidence", "verify", made)
    assert ran.code == 2
    assert "stolen" not in ran.out + ran.err


def test_show_prints_the_report_and_every_fact(made: Path, veo: Command) -> None:
    ran = veo("evidence", "show", made)
    assert ran.code == 0
    assert "INCONCLUSIVE for production" in ran.out
    assert "SIMULATED" in ran.out
    assert "\n    catalog: learned (x" in ran.out
    assert "\n    official-model: not learned, not-configured: " in ran.out
    assert "\n  fallback 0\n" in ran.out.replace("    fallback", "  fallback")


def test_the_same_run_twice_has_not_drifted(keep: Callable[..., Path], veo: Command) -> None:
    before, after = keep(), keep()
    assert after.name == f"{before.name}-2"
    ran = veo("evidence", "diff", before, after, "-o", "json")
    assert ran.code == 0
    said = json.loads(ran.out)
    assert said["matters"] is False
    assert {one["what"].partition(" ")[0] for one in said["drifts"]} <= {"latency"}


@pytest.mark.parametrize(
    ("scenario", "what"),
    [
        ("row-missing", "catalogue row"),
        ("group-disabled", "row enable_groups"),
        ("price-raised", "row model_price"),
        ("unpriced-row", "row quota_type"),
        ("duplicate-row", "catalogue row"),
        ("two-years-on", "check price-fresh"),
    ],
)
def test_drift_that_matters(
    scenario: str, what: str, scenario_run: ScenarioRuns, veo: Command
) -> None:
    before, after = scenario_run("healthy").bundle, scenario_run(scenario).bundle
    ran = veo("evidence", "diff", before, after, "-o", "json")
    assert ran.code == 1
    said = json.loads(ran.out)
    assert what in {one["what"] for one in said["drifts"] if one["matters"]}


def test_drift_is_told_in_text(made: Path, keep: Callable[..., Path], veo: Command) -> None:
    ran = veo("evidence", "diff", made, keep("--target", "research"))
    assert ran.code == 1
    assert "! storyboard-drafts: target: production -> research\n" in ran.out
    assert veo("evidence", "diff", made, made, "-o", "yaml").code == 2


def test_a_folder_that_cannot_be_one_is_refused_before_anything_is_asked(
    veo: Command, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file/below"):
        ran = veo("run", root / f"examples/{EXAMPLE}.yaml", "--sandbox", "--evidence", place)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"veo-check: --evidence {place}: ")


def test_a_proof_is_shown_and_its_seal_verified(
    keep: Callable[..., Path], veo: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("--spend", "5")
    (proof,) = (tmp_path / "state").rglob("proofs/*/*.json")
    shown = veo("evidence", "show", proof)
    assert shown.code == 0
    assert shown.out.startswith("SIMULATED proof ")
    assert veo("evidence", "verify", proof).code == 3
    monkeypatch.setenv("FLATKEY_SMOKE_KEY", "sk-vcsandboxflatkey")
    assert veo("evidence", "verify", proof).out == (
        f"{proof}: the seal holds under FLATKEY_SMOKE_KEY\n"
    )
    text = proof.read_text()
    proof.write_text(text.replace('"billed": "0.48"', '"billed": "0.47"'))
    assert proof.read_text() != text
    altered = veo("evidence", "verify", proof)
    assert altered.code == 1
    assert "was changed after it was sealed" in altered.out


def test_a_manifest_is_what_sha256sum_says(made: Path) -> None:
    manifest = from_text(Manifest, (made / MANIFEST).read_text())
    for name, seal in manifest.files.items():
        content = (made / name).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (seal.sha256, seal.size)


def test_a_folder_of_one_bundle_stands_for_it(veo: Command, root: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    route = root / "examples" / "article-2026-06-17.yaml"
    for count in (1, 2):
        veo("run", route, "--offline", "--evidence", kept, "-o", "json")
        for folder in list(kept.iterdir())[:1]:
            if count == 1:
                folder.rename(kept / "20260101T000000Z-not-ready")
        ran = veo("evidence", "verify", kept)
        if count == 1:
            assert (ran.code, "files as recorded" in ran.out) == (0, True)
        else:
            assert (ran.code, "holds 2 bundles; name one, such as" in ran.err) == (2, True)
