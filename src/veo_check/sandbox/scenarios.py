"""The named scenarios: what is different in each, on which day, and which checks must notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

Fault = Literal[
    # the free endpoints
    "veo-retired",
    "moved-away",
    "unpriced-row",
    "row-missing",
    "duplicate-row",
    "group-disabled",
    "bad-key",
    "no-quota",
    "key-empty",
    "model-not-allowed",
    "html-200",
    "slow",
    "rate-limited",
    "huge-body",
    "redirect-elsewhere",
    "garbage-json",
    "price-raised",
    "hidden-price",
    "priced-by-ratio",
    "group-model-ratio",
    "status-absent",
    "chat-only-types",
    "fallback-retired",
    "fallback-dearer",
    "article",
    # the submit
    "submit-retired",
    "submit-publisher-404",
    "submit-unknown-id",
    "submit-429",
    "submit-429-retry-info",
    "submit-duration-type",
    "submit-combination",
    "submit-dropped-before",
    "submit-dropped-after",
    "submit-model-not-found",
    "declared-not-routed",
    "submit-pre-consume",
    "submit-price-not-configured",
    "wrong-request-accepted",
    "wrong-request-rerouted",
    "refusal-charged",
    "wrong-request-charged",
    "submit-202",
    "submit-402",
    "submit-422",
    "upstream-500",
    "channel-busy",
    "killed-at-submit",
    "gateway-key-denied",
    "gateway-key-invalid",
    "gateway-key-precondition",
    # the job
    "filtered-wrapped",
    "filtered-unwrapped",
    "error-13",
    "no-video",
    "errors-hidden",
    "never-done",
    "slow-job",
    "poll-5xx",
    "poll-5xx-passing",
    "status-unknown-first",
    "task-lost",
    "another-model",
    "served-alias",
    "error-at-random",
    "upstream-error-passing",
    "poll-not-allowed",
    "poll-misconfigured",
    "long-id",
    # the Interactions API
    "omni-invalid-argument",
    "omni-no-background",
    "omni-create-503",
    "omni-poll-error",
    "omni-incomplete",
    "omni-budget-exceeded",
    "omni-cancelled",
    "omni-only-user-input",
    "omni-text-only",
    "omni-no-output",
    "omni-inline",
    "omni-file-failed",
    "omni-thinking",
    "omni-unknown-modality",
    # OpenRouter
    "openrouter-key-limit",
    "openrouter-in-flight",
    "openrouter-budget-spent",
    "openrouter-upstream-429",
    "openrouter-previous-job",
    "openrouter-resolution",
    "openrouter-zod",
    "openrouter-late-refusal",
    "openrouter-expired",
    "openrouter-index",
    "openrouter-record-late",
    "openrouter-other-provider",
    # the delivery
    "wrong-resolution",
    "wrong-duration",
    "silent",
    "truncated",
    "empty-file",
    "html-file",
    "content-502",
    "content-missing",
    "address-elsewhere",
    # the bill
    "charged-twice",
    "overcharged",
    "not-refunded",
    "usage-missing",
    "usage-limited",
    "billed-group",
    "per-second-table",
]


HEALTHY_DAY = date(2026, 11, 30)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One simulated world. `notices`: ids of the checks that must not come out clean in it.

    `cites`: file and section of the facts where somebody observed the behaviour, or `none`.
    """

    name: str
    description: str
    cites: str = ""
    day: date = HEALTHY_DAY
    fault: Fault | None = None
    #: the difference shows only when a job is sent
    paid: bool = False
    notices: tuple[str, ...] = ()


SCENARIOS: tuple[Scenario, ...] = TypeAdapter(tuple[Scenario, ...]).validate_json(
    Path(__file__).with_name("scenarios.json").read_bytes(), strict=True, extra="forbid"
)


def find_scenario(name: str) -> Scenario | None:
    return next((scenario for scenario in SCENARIOS if scenario.name == name), None)
