"""A route of every kind of gateway and every endpoint family, whole but for what a job proves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

#: what its generation record calls the model
OPENROUTER = ", also_known_as: [google/veo-3.1-lite]"
LITE, OMNI = "veo-3.1-lite-generate-001", "gemini-omni-1.2-flash"
TEXT = """\
version: 1
route:
  name: every-kind
  target: {target}
  application: campaign-studio
  environment: production
  workflow: ad-storyboard
  owner: {{team: creative-tools, cost_center: CC-4412, contact: "#creative-oncall"}}
via:
  gateway: {gateway}
  endpoint: {family}
  model: {label}
  key: {{env: {variable}, name: ci-smoke, owner: creative-tools, scope: non-production}}
{via}
model: {{official: {official}, surface: {surface}{also}}}
request: {{mode: text-to-video, seconds: 8, resolution: 720p, aspect_ratio: "16:9", use: draft}}
smoke: {smoke}
budget: {{per_job: "9.00", monthly: "100000", jobs_per_month: 100, max_markup: "60%", retries: 1}}
fallback:
  transient_error: retry_once
  deprecated_model: block
  unsupported_parameter: fail_closed
  high_resolution_final: fail_closed
  draft: fail_closed
  policy_block: fail_closed
  approved_by: video-platform@example.com
  approved_on: {day}
logging:
  sample: logs/veo-jobs.jsonl
  fields: {{operation_id: op, poll_attempts: polls}}
confirmations:
  - {{what: dashboard-record, by: a@example.com, on: {day}, expires: {expires}}}
"""
ALLOWED = ("--allow-host", "GATEWAY_KEY=https://newapi.example.com")


@dataclass(frozen=True)
class Kind:
    """A gateway, a family, and what of a route they need. `scenario`: where they live."""

    gateway: str
    family: str
    label: str
    official: str
    surface: str
    via: str = ""
    scenario: str = "healthy"
    day: str = "2026-11-20"
    target: str = "production"
    also: str = ""
    smoke: str = "{seconds: 4, resolution: 720p}"

    @property
    def name(self) -> str:
        return f"{self.gateway}-{self.surface}-{self.family}"

    def text(self) -> str:
        variable = {
            "flatkey": "FLATKEY_SMOKE_KEY",
            "google": "GEMINI_API_KEY",
            "openrouter": "OPENROUTER_API_KEY",
        }
        return TEXT.format(
            target=self.target,
            gateway=self.gateway,
            family=self.family,
            label=self.label,
            official=self.official,
            surface=self.surface,
            variable=variable.get(self.gateway, "GATEWAY_KEY"),
            via=self.via,
            day=self.day,
            expires=date.fromisoformat(self.day) + timedelta(days=30),
            smoke=self.smoke,
            also=self.also,
        )

    def written(self, folder: Path, root: Path) -> Path:
        """The route file, and the log sample beside it."""
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        sample = (root / "examples/logs/veo-jobs.jsonl").read_text()
        (folder / "logs/veo-jobs.jsonl").write_text(sample)
        path = folder / "route.yaml"
        path.write_text(self.text())
        return path


PLG, CLOUD = "  group: plg", "  project: studio-1\n  location: "
NEWAPI = f"  base_url: https://newapi.example.com\n{PLG}"
KINDS = [
    *(
        Kind("flatkey", family, "veo3.1-lite", LITE, "agent-platform", PLG)
        for family in ("videos", "video-generations", "generation-tasks")
    ),
    *(
        Kind("newapi", family, "veo3.1-lite", LITE, "agent-platform", NEWAPI)
        for family in ("videos", "video-generations")
    ),
    Kind(
        "openai",
        "videos",
        "veo3.1-lite",
        LITE,
        "agent-platform",
        "  base_url: http://127.0.0.1:4000",
    ),
    Kind("openrouter", "videos", "google/veo-3.1-lite", LITE, "agent-platform", also=OPENROUTER),
    Kind("google", "predict-long-running", LITE, LITE, "agent-platform", CLOUD + "us-central1"),
    # its controlled failure is sent at 360p, which one source alone prices there
    Kind(
        "google", "interactions", OMNI, OMNI, "agent-platform", CLOUD + "global", target="staging"
    ),
    Kind("google", "interactions", OMNI, OMNI, "gemini-api"),
    # no Veo is left on the Gemini API since 2026-10-22
    Kind(
        "google",
        "predict-long-running",
        "veo-3.1-fast-generate-preview",
        "veo-3.1-fast-generate-preview",
        "gemini-api",
        scenario="article-2026-06-17",
        day="2026-06-10",
        target="research",
    ),
]
