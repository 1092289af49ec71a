"""Route files as text: a short valid one, and one that uses every key of the format."""

from __future__ import annotations

from pathlib import Path

from veo_check.routefile.load import Problem, RouteFile, load_route_file

SHORT = """\
version: 1
route: {name: drafts}
via: {gateway: flatkey, endpoint: videos, model: veo3.1-fast}
model: {official: veo-3.1-fast-generate-001, surface: agent-platform}
request: {seconds: 8, resolution: 1080p}
"""

FULL = """\
# yaml-language-server: $schema=route-v1.schema.json
version: 1
route:
  name: storyboard-drafts
  target: production            # production | staging | research
  application: campaign-studio
  environment: production
  workflow: ad-storyboard
  owner: {team: creative-tools, cost_center: CC-4412, contact: "#creative-oncall"}
  cutover: 2026-12-01

via:
  gateway: flatkey
  base_url: https://router.flatkey.ai
  console_url: https://console.flatkey.ai
  endpoint: videos
  model: veo3.1-fast
  group: plg
  key: {env: FLATKEY_SMOKE_KEY, name: ci-smoke, owner: creative-tools, scope: non-production}
  production_key: {env: FLATKEY_KEY}
  project: studio-1
  location: us-central1

model:
  official: veo-3.1-fast-generate-001
  surface: agent-platform
  listing: {project: studio-1, location: us-central1, key: {adc: true}}
  also_known_as: [veo31-fast-pool]
  billing_sku: 7DE3-56E5-CE6C

request:
  mode: text-to-video
  seconds: 8
  resolution: 1080p
  aspect_ratio: 16:9
  audio: true
  count: 1
  use: final

budget:
  per_job: 2.00
  monthly: "6000"
  jobs_per_month: 3000
  max_markup: "25%"
  retries: 1

fallback:
  transient_error: switch
  deprecated_model: block
  unsupported_parameter: fail_closed
  high_resolution_final: require_approval
  draft: fail_closed
  policy_block: human_review
  approved_by: video-platform@example.com
  approved_on: 2026-11-20
  routes:
    - name: lite
      for: [transient_error]
      via: {model: veo3.1-lite}
      model: {official: veo-3.1-lite-generate-001, surface: agent-platform}
      request: {resolution: 720p}
      max_cost_ratio: "1.0"
      accepts: [style]
      fallback: [lite]

logging:
  sample: logs/veo-jobs.jsonl
  fields: {operation_id: op, poll_attempts: polls}

confirmations:
  - {what: dashboard-record, by: a@example.com, on: 2026-11-20, link: "https://x.example/…", \
expires: 2026-12-20}
  - {what: usage-record, by: a@example.com, on: 2026-11-20, operation: op/1, billed: "0.48", \
expires: 2026-12-20}

smoke:
  seconds: 4
  resolution: 720p
  prompt: A paper boat drifting across a still pond at dawn.
  deadline: 10m
  proof_valid_for: 7d
  controlled_failure: unsupported-parameter
  image: pond.png
  last_image: sea.png
  references: [boat.png]
  video: pond.mp4

waivers:
  - {finding: price-agrees/markup, reason: ticket 812, owner: a@example.com, expires: 2026-12-15}
"""


def put(folder: Path, text: str | bytes, name: str = "route.yaml") -> Path:
    """A file of that text."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def loaded(path: Path) -> RouteFile:
    """The route file, which has to be valid."""
    found = load_route_file(path)
    assert isinstance(found, RouteFile), [str(one) for one in found]
    return found


def problems(path: Path) -> list[str]:
    """The file's problems as printed, with the folder left out."""
    found = load_route_file(path)
    assert not isinstance(found, RouteFile)
    assert all(isinstance(one, Problem) for one in found)
    return [str(one).removeprefix(f"{path.parent}/") for one in found]
