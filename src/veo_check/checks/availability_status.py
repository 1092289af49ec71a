"""availability-status: what the catalogue says of the row's health, and what that can prove."""

from __future__ import annotations

from datetime import date

from veo_check.core.clock import AsOf
from veo_check.core.facts import Catalog, CatalogRow, Missing, ProvenLife
from veo_check.core.findings import Blocked, Findings, ValidUntil, blocker, check, note, warning
from veo_check.core.gateway import Gateway, no_status
from veo_check.core.route import Route

#: Since this day Flatkey's probe skips names that contain one of these words and stores
#: `available` without a call; before it, a chat ping filed every video row as unknown_failure.
PROBE_SKIPS_SINCE = date(2026, 7, 18)

_BAD = {
    "unknown_failure": "the probe failed and its reason is unknown; until 2026-07-18 the probe was "
    "a chat message, which no video model can answer, so for video this word can be a false alarm",
    "temporary_failure": "the probe met a rate limit, an overload or a timeout; for video it says "
    "that something is wrong, not what",
    "official_unsupported": "every channel answered the probe that the model does not exist or is "
    "retired",
}
#: A daily probe that has not run for a week has stopped.
_OLD_DAYS = 7


@check(item="catalog-row", since="0.1", not_for=no_status)
def availability_status(
    route: Route,
    gateway: Gateway,
    catalog: Catalog,
    judging: AsOf,
    proven: ProvenLife | Missing,
) -> Findings:
    """The catalogue's availability status of the row is `available`.

    Why: a row in a catalogue is not a route that works. The status is what the gateway itself
    claims; for video it proves little, in either direction, so a finished job outweighs it.
    Fix: ask the gateway what is wrong with the row, or prove the route with a paid smoke job
    (`--spend USD`), which turns this finding into a warning.
    """
    if len(catalog.rows) != 1:
        yield Blocked(f"the catalogue has {len(catalog.rows)} rows for '{route.via.model}', not 1")
        return
    row = catalog.rows[0]
    status, when = row.availability_status, _when(row, judging)
    if status == "available":
        yield note(
            "availability-status/not-called",
            f"The catalogue says 'available'{when}. {_what_it_proves(route, gateway)}",
            at="via.model",
            actual=status,
            evidence=catalog.exchanges,
        )
        yield from _age(row, judging, catalog)
        return
    if status in _BAD:
        code, message = (
            f"availability-status/{status.replace('_', '-')}",
            (f"The catalogue says '{status}'{when}: {_BAD[status]}."),
        )
    elif status is None:
        code, message = (
            "availability-status/absent",
            (
                "The row has no availability status; absent means that nothing was stored, "
                "whatever the gateway's site shows."
            ),
        )
    else:
        code, message = (
            "availability-status/unknown-word",
            (f"The catalogue says '{status}'{when}, a word this version does not know."),
        )
    if isinstance(proven, ProvenLife):
        yield ValidUntil(proven.expires, "the smoke proof expires")
        yield warning(
            code,
            f"{message} A finished job (proof {proven.proof_id}) shows that the route works.",
            at="via.model",
            expected="available",
            actual=status,
            evidence=(*catalog.exchanges, *proven.exchanges),
        )
    elif status in _BAD:
        yield blocker(
            code,
            message,
            at="via.model",
            expected="available",
            actual=status,
            fix="ask the gateway what is wrong, or prove the route with a job: --spend USD",
            evidence=catalog.exchanges,
        )
    else:
        yield Blocked(f"{message} A job settles it: --spend USD")


def _what_it_proves(route: Route, gateway: Gateway) -> str:
    label = route.via.model.lower()
    if any(word in label for word in gateway.untested_names):
        return (
            f"Nothing was called: since {PROBE_SKIPS_SINCE} the daily probe skips video names and "
            "stores 'available'. It proves that the job ran and that an enabled channel exists."
        )
    return "No video was made for it: at best a chat message was answered."


def _when(row: CatalogRow, judging: AsOf) -> str:
    checked = row.availability_checked_at
    if checked is None:
        return ""
    days = (judging.clock_day - checked.date()).days
    age = "today" if days == 0 else f"{days} days ago" if days > 0 else "in the future"
    return f", checked {checked:%Y-%m-%d} ({age})"


def _age(row: CatalogRow, judging: AsOf, catalog: Catalog) -> Findings:
    checked = row.availability_checked_at
    if checked is None:
        yield warning(
            "availability-status/undated",
            "The catalogue does not say when the status was checked.",
            at="via.model",
            evidence=catalog.exchanges,
        )
        return
    days = (judging.clock_day - checked.date()).days
    if days > _OLD_DAYS or days < -1:  # a day ahead can be a time zone
        yield warning(
            "availability-status/old",
            f"The status was checked on {checked:%Y-%m-%d}"
            + (f", {days} days ago" if days > 0 else ", a day still to come")
            + "; the probe is meant to run daily.",
            at="via.model",
            evidence=catalog.exchanges,
        )
