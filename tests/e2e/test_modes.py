"""Modes that need files: proven where the wire carries them, refused before money elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_check.sandbox.media import mp4

Run = Callable[..., Any]
PNG = b"\x89PNG\r\n\x1a\n"
SEEN = """
logging:
  sample: logs/veo-jobs.jsonl
  fields: {operation_id: op, poll_attempts: polls}
confirmations:
  - {what: dashboard-record, by: v@example.com, on: 2026-11-20, expires: 2026-12-20}
  - what: usage-record
    by: v@example.com
    on: 2026-11-20
    operation: OPERATION
    expires: 2026-12-20
    billed: "BILLED"
"""
#: mode: the request's seconds and resolution, and the smoke job's files
MODES = {
    "extension": (7, "720p", "{video: in.mp4}"),
    "interpolation": (8, "1080p", "{image: first.png, last_image: last.png}"),
    "image-to-video": (8, "1080p", "{image: first.png}"),
    "reference-images": (8, "1080p", "{references: [first.png, last.png]}"),
}


@pytest.fixture(autouse=True)
def proof_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEO_CHECK_PROOF_KEY", "a-proof-key-of-the-tests")


@pytest.fixture
def route(root: Path, tmp_path: Path) -> Callable[..., Path]:
    folder = tmp_path / "route"
    (folder / "logs").mkdir(parents=True)
    sample = (root / "examples/logs/veo-jobs.jsonl").read_text()
    (folder / "logs/veo-jobs.jsonl").write_text(sample)
    (folder / "in.mp4").write_bytes(mp4(5, 1280, 720))
    (folder / "first.png").write_bytes(PNG + b"first")
    (folder / "last.png").write_bytes(PNG + b"last")

    def write(mode: str, example: str = "google-agent-platform", **more: str) -> Path:
        seconds, resolution, files = MODES[mode]
        text = (root / f"examples/{example}.yaml").read_text()
        text = text.replace("mode: text-to-video", f"mode: {mode}")
        text = text.replace("seconds: 8", f"seconds: {seconds}", 1)
        text = text.replace("resolution: 1080p", f"resolution: {resolution}", 1)
        head, smoke, _ = text.partition("\nsmoke:")
        head, _, _ = head.partition("\nlogging:") if smoke or more else (head, "", "")
        for old, new in more.items():
            head = head.replace(f"{old}: staging", f"{old}: {new}", 1)
        (folder / "route.yaml").write_text(f"{head}\nsmoke: {more.get('smoke', files)}\n")
        return folder / "route.yaml"

    return write


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_is_proven_for_staging_and_then_for_production(
    mode: str, veo: Run, route: Callable[..., Path]
) -> None:
    paid = veo("run", route(mode), "--sandbox", "--spend", "5", "-o", "json")
    (judged,) = paid.report["routes"]
    assert (paid.code, judged["verdict"], judged["tier"]) == (0, "ready", "staging")
    delivered = float(judged["job"]["seconds"])
    assert delivered == {"extension": 12.0, "reference-images": 8.0}.get(mode, 4.0)
    file = route(mode, target="production")
    billed = {"extension": "0.70", "reference-images": "0.80"}.get(mode, "0.40")
    seen = SEEN.replace("OPERATION", judged["job"]["operation_id"]).replace("BILLED", billed)
    file.write_text(file.read_text() + seen)
    free = veo("run", file, "--sandbox", "-o", "json")
    (later,) = free.report["routes"]
    assert (free.code, later["tier"], later["spent"]) == (0, "production", "0.00")


def test_another_input_file_voids_the_proof(veo: Run, route: Callable[..., Path]) -> None:
    file = route("interpolation")
    assert veo("run", file, "--sandbox", "--spend", "5").code == 0
    (file.parent / "last.png").write_bytes(PNG + b"another last frame")
    later = veo("run", file, "--sandbox", "-o", "json")
    assert later.report["routes"][0]["proof"] is None
    assert "input" in str(later.checks["job-completes"]["reason"])


@pytest.mark.parametrize("mode", ["extension", "interpolation", "reference-images"])
def test_a_gateway_that_cannot_carry_a_mode_is_refused_before_money(
    mode: str, veo: Run, route: Callable[..., Path]
) -> None:
    file = route(mode, "flatkey-veo-3.1-fast")
    ran = veo("run", file, "--sandbox", "--spend", "5", "-o", "json")
    (judged,) = ran.report["routes"]
    assert (ran.code, judged["spent"], judged["job"]) == (1, "0.00", None)
    assert "request-supported/gateway-drops" in ran.codes


@pytest.mark.parametrize(
    ("mode", "smoke"),
    [
        ("extension", "{image: first.png}"),
        ("extension", "{video: first.png}"),
        ("interpolation", "{image: first.png}"),
        ("reference-images", "{image: first.png}"),
        ("image-to-video", "{image: in.mp4}"),
        ("image-to-video", "{image: nowhere.png}"),
    ],
)
def test_without_its_file_nothing_is_sent(
    mode: str, smoke: str, veo: Run, route: Callable[..., Path]
) -> None:
    ran = veo("run", route(mode, smoke=smoke), "--sandbox", "--spend", "5", "-o", "json")
    (judged,) = ran.report["routes"]
    assert (judged["spent"], judged["tier"] in {"staging", "research", "none"}) == ("0.00", True)
    assert "cannot be made from the route file" in str(ran.checks)


def test_omni_takes_a_first_and_a_last_frame(
    veo: Run, route: Callable[..., Path], root: Path, tmp_path: Path
) -> None:
    file = route("interpolation", "google-omni")
    text = file.read_text().replace("surface: gemini-api", "surface: agent-platform")
    place = "  project: studio-dev\n  location: global\n  key: {env: GOOGLE_ACCESS_TOKEN,"
    file.write_text(text.replace("  key: {env: GEMINI_API_KEY,", place))
    ran = veo("run", file, "--sandbox", "--spend", "2", "--target", "staging", "-o", "json")
    (judged,) = ran.report["routes"]
    assert (ran.code, judged["tier"]) == (0, "production")
    assert judged["job"]["video_count"] == 1
