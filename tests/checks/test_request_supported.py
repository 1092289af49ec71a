from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from check_world import GOOGLE, MODEL, a_book, a_capability, a_route, codes, heard, only
from veo_check.checks.request_supported import request_supported
from veo_check.core.facts import Missing
from veo_check.core.findings import TARGETS, Outcome, ReferenceUse, blocker, note
from veo_check.reference.capabilities import smoke_request, with_smoke_shape
from veo_check.reference.load import Reference, load_reference


def run(changes: dict[str, Any] | None = None, book: Reference | None = None) -> Outcome:
    unread = Missing("catalog", "not-run", "not read here")
    known = book or a_book()
    return heard(request_supported, route=a_route(changes), reference=known, catalog=unread)


def test_it_fits() -> None:
    outcome = run()
    assert only(outcome) == note(
        "request-supported/fits",
        "The model accepts 1 x 8 s at 1080p, 16:9, with audio, text-to-video on agent-platform.",
        at="request",
        evidence=(f"ref:cap:agent-platform:{MODEL}:google",),
    )
    assert outcome.uses == (
        ReferenceUse(f"cap:agent-platform:{MODEL}:google", "capability", date(2026, 11, 10)),
    )


def test_it_fits_the_bundled_matrix() -> None:
    assert codes(run(book=load_reference())) == ["note fits"]


@pytest.mark.parametrize(
    ("changes", "code", "at"),
    [
        ({"request.seconds": 5}, "seconds", "request.seconds"),
        ({"request.resolution": "480p"}, "resolution", "request.resolution"),
        ({"request.seconds": 6}, "full-length", "request.seconds"),
        ({"request.aspect_ratio": "1:1"}, "aspect-ratio", "request.aspect_ratio"),
        ({"request.mode": "interpolation"}, "mode", "request.mode"),
    ],
)
def test_what_it_refuses(changes: dict[str, Any], code: str, at: str) -> None:
    outcome = run(GOOGLE | changes)
    assert codes(outcome) == [f"blocker {code}"]
    assert only(outcome).at == at
    assert [outcome.status_at(tier).value for tier in TARGETS] == ["fail"] * 3


def test_the_sentence() -> None:
    assert only(run({"request.seconds": 6})) == blocker(
        "request-supported/full-length",
        f"1080p at 6 s is not offered; {MODEL} on agent-platform needs 8 s.",
        at="request.seconds",
        expected="8",
        actual=6,
        fix="set request.seconds to 8",
        evidence=(f"ref:cap:agent-platform:{MODEL}:google",),
    )


def test_lite_has_no_4k() -> None:
    lite = {
        "model.official": "veo-3.1-lite-generate-001",
        "request.resolution": "4k",
    }
    assert codes(run(lite, load_reference())) == ["blocker resolution"]


def test_what_is_unknown_blocks() -> None:
    outcome = run(book=a_book(capabilities=[a_capability(audio=None, max_count=None)]))
    assert outcome.findings == ()
    assert outcome.blocked is not None
    assert "audio" in outcome.blocked
    outcome = run(book=a_book(capabilities=[]))
    assert outcome == Outcome(
        blocked=f"it is not known what {MODEL} accepts on agent-platform, so the request cannot "
        "be checked"
    )


def test_the_smoke_job_has_to_fit_from_staging_up() -> None:
    outcome = run({"smoke": {"seconds": 5, "resolution": "720p"}})
    assert codes(outcome) == ["blocker seconds", "note fits"]
    finding = outcome.findings[0]
    assert finding.at == "smoke.seconds"
    assert finding.message.startswith("Smoke job: ")
    assert [outcome.status_at(tier).value for tier in TARGETS] == ["warn", "fail", "fail"]
    request = smoke_request(a_route({"request.count": 3}))
    assert (request.seconds, request.resolution, request.count) == (4, "720p", 1)


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({"request.seconds": 8}, 4),
        ({"request.mode": "reference-images"}, 8),
        ({"request.mode": "extension", "request.seconds": 7}, 7),
        ({"smoke": {"resolution": "4k"}}, 8),
        ({"smoke": {"resolution": "1080p"}}, 8),
        ({"model.official": "veo-2.0-generate-001", "model.surface": "gemini-api"}, 5),
        ({"model.official": "veo-of-tomorrow"}, 4),
        ({"request.mode": "reference-images", "smoke": {"seconds": 4}}, 4),
    ],
)
def test_a_length_that_was_never_written_is_one_that_the_model_takes(
    changes: dict[str, Any], seconds: int
) -> None:
    route = a_route(changes)
    capability = load_reference().capability(route.model.official, route.model.surface)
    assert with_smoke_shape(route, capability).smoke.seconds == seconds


def test_where_sources_differ_it_warns() -> None:
    outcome = run({"request.seconds": 4, "request.resolution": "1080p"}, load_reference())
    assert codes(outcome) == ["warning full-length-disputed", "note fits"]
    assert [outcome.status_at(tier).value for tier in TARGETS] == ["warn"] * 3


def test_the_gateways_adapter_leaves_things_out() -> None:
    modes = a_book(capabilities=[a_capability(modes=["interpolation"])])
    assert codes(run({"request.mode": "interpolation"}, modes)) == [
        "blocker gateway-drops",
        "note fits",
    ]
    assert codes(run(GOOGLE | {"request.mode": "interpolation"}, modes)) == ["note fits"]
    assert codes(run({"request.count": 2})) == ["blocker gateway-count", "note fits"]
    assert codes(run(GOOGLE | {"request.count": 2})) == ["note fits"]
    assert codes(run(GOOGLE | {"request.count": 5})) == ["blocker count"]
