"""Proofs: only what is sealed, unchanged, young and still about this route speaks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from paid_jobs import MEDIA, NOON, ROUTE, ROW, Signet, proof
from veo_check.core.clock import AsOf
from veo_check.core.results import JobState, NewestJob, Proof, ProofStatus, RowSeen
from veo_check.core.route import Route
from veo_check.core.secrets import CredentialKind
from veo_check.evidence.proofs import assess, proof_key_variable, read_proofs, write_proof
from veo_check.evidence.records import from_text, to_text
from veo_check.gateways.registry import GATEWAYS

TODAY = date(2026, 11, 22)
KEY = Signet()


def judged(
    folder: Path,
    *,
    route: Route = ROUTE,
    key: Signet | None = KEY,
    days: float = 0,
    as_of: int = 0,
    simulated: bool = False,
    newest: NewestJob | None = None,
    row: RowSeen | None = ROW,
    row_known: bool = True,
    journal_problem: str | None = None,
) -> ProofStatus:
    now = NOON + timedelta(days=days)
    day = now.date() + timedelta(days=as_of)
    return assess(
        read_proofs(folder, key),
        route,
        now,
        AsOf(day, now.date()),
        simulated=simulated,
        newest=newest,
        row=row,
        row_known=row_known,
        journal_problem=journal_problem,
    )


def changed(**parts: Mapping[str, object]) -> Route:
    """The route with some parts of its file changed."""
    held = {"smoke": {}} | ROUTE.model_dump(mode="json", exclude_unset=True)
    for name, change in parts.items():
        held[name] = held[name] | change
    return Route.model_validate(held)


def test_a_proof_is_read_back_whole(tmp_path: Path) -> None:
    held = proof()
    path = write_proof(tmp_path / "proofs", held, KEY)
    assert path.name == "000001-abcdef.json"
    assert judged(tmp_path / "proofs") == ProofStatus(
        "valid",
        f"proof {held.id} of 2026-11-22 is valid until 2026-11-29",
        held,
        date(2026, 11, 29),
        0,
        "720p",
    )
    assert from_text(Proof, to_text(held)) == held
    assert "key-that-paid" not in path.read_text()


def test_nothing_on_record(tmp_path: Path) -> None:
    assert judged(tmp_path / "none").code == "none"
    assert judged(tmp_path / "none", newest=NewestJob("a-000001-b", "uncertain")).code == (
        "superseded"
    )


@pytest.mark.parametrize(
    ("expected", "how"),
    [
        ("valid", {"days": 6.99}),
        ("expired", {"days": 7}),
        ("expired", {"as_of": 8}),
        ("valid", {"as_of": 7}),
        ("valid", {"as_of": -100}),  # the later day counts
        ("future-dated", {"days": -0.01}),
        ("valid", {"days": -0.003}),
        ("no-key", {"key": None}),
        ("other-key", {"key": Signet("another")}),
        ("simulated", {"simulated": True}),
        ("journal-unreadable", {"journal_problem": "damaged"}),
        ("row-unknown", {"row": None, "row_known": False}),
        ("row-changed", {"row": None}),
        ("row-changed", {"row": replace(ROW, price_fields={"model_price": "0.2"})}),
        ("row-changed", {"row": replace(ROW, price_fields={})}),
        ("row-changed", {"row": replace(ROW, billing_mode="tiered_expr")}),
        ("row-changed", {"row": replace(ROW, endpoint_types=("gemini", "openai"))}),
        ("row-changed", {"row": replace(ROW, group_enabled=False)}),
        ("row-changed", {"row": replace(ROW, group_ratio=Decimal("0.8"))}),
        ("row-changed", {"row": replace(ROW, group="default")}),
        ("valid", {"row": replace(ROW, group_ratio=Decimal("0.90"))}),
    ],
)
def test_each_reason(expected: str, how: dict[str, object], tmp_path: Path) -> None:
    write_proof(tmp_path, proof(), KEY)
    status = judged(tmp_path, **how)  # type: ignore[arg-type]
    assert status.code == expected
    assert status.valid is (expected == "valid")
    assert (status.proof is None) is (expected != "valid")
    assert status.sentence


@pytest.mark.parametrize(
    ("expected", "route"),
    [
        ("other-via", changed(via={"model": "veo3.1-lite"})),
        ("other-via", changed(via={"base_url": "https://elsewhere.example"})),
        ("other-via", changed(via={"console_url": "https://elsewhere.example"})),
        ("other-via", changed(via={"endpoint": "video-generations"})),
        ("other-via", changed(via={"group": "default"})),
        ("other-via", changed(via={"key": {"env": "FLATKEY_OTHER_KEY"}})),
        ("other-model", changed(model={"official": "veo-3.1-generate-001"})),
        ("other-model", changed(model={"surface": "gemini-api"})),
        ("other-route", changed(route={"name": "another"})),
        ("other-mode", changed(request={"mode": "image-to-video"})),
        ("other-audio", changed(request={"audio": False})),
        ("other-shape", changed(request={"aspect_ratio": "9:16"})),
        ("other-shape", changed(smoke={"seconds": 6})),
        ("other-shape", changed(smoke={"resolution": "1080p"})),
        ("valid", changed(smoke={"prompt": "Another."})),
        ("valid", changed(via={"base_url": "https://router.flatkey.ai/"})),
        ("valid", changed(route={"target": "staging"})),
    ],
)
def test_bound_to_the_route_that_paid(expected: str, route: Route, tmp_path: Path) -> None:
    write_proof(tmp_path, proof(), KEY)
    status = judged(tmp_path, route=route)
    assert status.code == expected
    if expected == "other-via":
        assert status.sentence.startswith("via.")


def test_a_route_file_shortens_a_proof_and_never_lengthens_it(tmp_path: Path) -> None:
    write_proof(tmp_path, proof(), KEY)
    assert judged(tmp_path, route=changed(smoke={"proof_valid_for": "1d"}), days=2).code == (
        "expired"
    )
    assert judged(tmp_path, route=changed(smoke={"proof_valid_for": "30d"}), days=8).code == (
        "expired"
    )


def test_thirty_days_whatever_was_sealed(tmp_path: Path) -> None:
    long = changed(smoke={"proof_valid_for": "30d"})
    write_proof(tmp_path, replace(proof(long), valid_for_seconds=365 * 86400), KEY)
    assert judged(tmp_path, route=long, days=29.9).code == "valid"
    assert judged(tmp_path, route=long, days=30).code == "expired"


@pytest.mark.parametrize(
    ("asked", "lower"), [("1080p", "720p"), ("4k", "720p"), ("720p", None), ("480p", None)]
)
def test_a_lower_resolution_is_named(asked: str, lower: str | None, tmp_path: Path) -> None:
    route = changed(request={"resolution": asked})
    write_proof(tmp_path, proof(route), KEY)
    status = judged(tmp_path, route=route)
    assert (status.code, status.lower_resolution) == ("valid", lower)


def test_any_changed_byte_voids(tmp_path: Path) -> None:
    path = write_proof(tmp_path, proof(), KEY)
    content = path.read_bytes()
    codes = set()
    for place in range(0, len(content), 3):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        codes.add(judged(tmp_path).code)
    assert codes == {"altered", "unreadable", "other-key"}
    path.write_bytes(content)
    assert judged(tmp_path).valid


@pytest.mark.parametrize(
    "change",
    [
        lambda held: replace(held, valid_for_seconds=30 * 86400),
        lambda held: replace(held, made_at=NOON + timedelta(days=6)),
        lambda held: replace(held, delivery=replace(held.delivery, videos=(MEDIA, MEDIA))),
        lambda held: replace(held, job=replace(held.job, state="finished", polls=4)),
    ],
)
def test_a_forged_proof_needs_the_key(change: Callable[[Proof], Proof], tmp_path: Path) -> None:
    path = write_proof(tmp_path, proof(), KEY)
    good = path.read_text()
    write_proof(tmp_path, change(proof()), Signet("the forger's"))
    forged = path.read_text()
    assert judged(tmp_path).code == "other-key"

    def line(text: str, name: str) -> str:
        return next(one for one in text.splitlines() if one.startswith(f'  "{name}"'))

    for name in ("key_mark", "seal"):  # the forger copies what the good one had
        forged = forged.replace(line(forged, name), line(good, name))
    path.write_text(forged)
    assert judged(tmp_path).code == "altered"


@pytest.mark.parametrize("state", ["failed", "unfinished", "uncertain", "refused", "abandoned"])
def test_a_newer_bad_result_voids(state: JobState, tmp_path: Path) -> None:
    good, bad = proof(number=1), proof(number=2)
    write_proof(tmp_path, good, KEY)
    assert judged(tmp_path, newest=NewestJob(good.id, "finished")).valid
    unsealed = judged(tmp_path, newest=NewestJob(bad.id, state))
    assert unsealed.code == "superseded"
    job = replace(bad.job, job=bad.id, state=state, symptom="filtered")
    write_proof(tmp_path, replace(bad, job=job), KEY)
    sealed = judged(tmp_path, newest=NewestJob(bad.id, state))
    assert sealed.code == "not-finished"
    assert "(filtered)" in sealed.sentence
    assert judged(tmp_path, newest=None).code == "not-finished"


def test_the_newest_file_decides(tmp_path: Path) -> None:
    write_proof(tmp_path, proof(number=1), Signet("before the key was changed"))
    write_proof(tmp_path, proof(number=2), KEY)
    assert judged(tmp_path).valid  # what came before it does not matter any more
    write_proof(tmp_path, proof(number=3), Signet("another"))
    assert judged(tmp_path).code == "other-key"
    (tmp_path / "000004-abcdef.json").write_text("{}")
    assert judged(tmp_path).code == "unreadable"


@pytest.mark.parametrize("stray", ["notes.json", "z.json", "000009-abcdef (copy).json"])
def test_a_stray_file_outranks_no_proof(stray: str, tmp_path: Path) -> None:
    (tmp_path / stray).write_text("{}")
    assert judged(tmp_path).code == "none"
    write_proof(tmp_path, proof(), KEY)
    assert judged(tmp_path).valid


def test_an_older_proof_renamed_is_not_newer(tmp_path: Path) -> None:
    old = write_proof(tmp_path, proof(number=1), KEY)
    old.rename(tmp_path / "000009-abcdef.json")
    assert judged(tmp_path).code == "altered"


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 50_000, b" " * (1024 * 1024 + 1)])
def test_what_is_no_proof(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "000001-abcdef.json").write_bytes(content)
    assert judged(tmp_path).code == "unreadable"
    (tmp_path / "000001-abcdef.json").unlink()
    (tmp_path / "000001-abcdef.json").symlink_to(tmp_path / "gone.json")
    assert judged(tmp_path).code == "unreadable"


def test_a_sentence_holds_nothing_unchecked(tmp_path: Path) -> None:
    path = write_proof(tmp_path, replace(proof(), id="x-\x1b[2J"), KEY)
    path.rename(tmp_path / "000001-abcdef.json")
    assert judged(tmp_path).code == "unreadable"
    assert "\x1b" not in judged(tmp_path).sentence


class Holds(Signet):
    """A secret of one of Google's forms."""

    def __init__(self, kind: CredentialKind) -> None:
        super().__init__()
        self._kind = kind

    @property
    def kind(self) -> CredentialKind:
        return self._kind


@pytest.mark.parametrize(
    ("gateway", "variable", "surface", "kind", "sealed_by"),
    [
        ("flatkey", "A_KEY", "agent-platform", "other", "A_KEY"),
        ("openai", "A_KEY", "agent-platform", "other", "A_KEY"),
        ("google", "A_KEY", "gemini-api", "api-key", "A_KEY"),
        ("google", "A_KEY", "gemini-api", "other", "A_KEY"),
        # a token changes with every login; an API key does not
        ("google", "A_KEY", "agent-platform", "other", "VEO_CHECK_PROOF_KEY"),
        ("google", "A_KEY", "agent-platform", "api-key", "A_KEY"),
        ("google", "A_KEY", "agent-platform", "old-api-key", "A_KEY"),
        ("google", "A_KEY", "agent-platform", None, "VEO_CHECK_PROOF_KEY"),
        ("google", None, "agent-platform", None, "VEO_CHECK_PROOF_KEY"),
        ("google", None, "gemini-api", None, "VEO_CHECK_PROOF_KEY"),
        ("unheard-of", "A_KEY", "agent-platform", None, "A_KEY"),
    ],
)
def test_which_key_seals(
    gateway: str,
    variable: str | None,
    surface: str,
    kind: CredentialKind | None,
    sealed_by: str,
) -> None:
    def key_for(name: str) -> Signet | None:
        assert name == variable
        return None if kind is None else Holds(kind)

    assert proof_key_variable(variable, surface, GATEWAYS.get(gateway), key_for) == sealed_by
