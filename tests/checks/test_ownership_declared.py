from __future__ import annotations

import pytest

from check_world import a_route, codes, heard, only
from veo_check.checks.ownership_declared import ownership_declared
from veo_check.core.findings import note


def test_everything_declared() -> None:
    assert only(heard(ownership_declared, route=a_route())) == note(
        "ownership-declared/declared",
        "Declared: application campaign-studio, team creative-tools, cost centre CC-4412, "
        "environment production, workflow ad-storyboard, key owner creative-tools.",
        at="route",
    )


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("route.application", "no-application"),
        ("route.owner.team", "no-team"),
        ("route.owner.cost_center", "no-cost-center"),
        ("route.environment", "no-environment"),
        ("route.workflow", "no-workflow"),
        ("via.key.owner", "no-key-owner"),
    ],
)
def test_each_field_is_needed(path: str, code: str) -> None:
    outcome = heard(ownership_declared, route=a_route({path: None}))
    assert codes(outcome) == [f"blocker {code}"]
    assert only(outcome).at == path
    assert only(outcome).fix == f"set {path}"


def test_no_key_has_no_owner() -> None:
    assert codes(heard(ownership_declared, route=a_route({"via.key": None}))) == [
        "blocker no-key-owner"
    ]
