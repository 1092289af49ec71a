"""The usage record that a new-api key can read: its log rows and its total.

Both reads share a limit of 20 in 20 minutes per address. A charge is written at submit and carries
the request id of the submit's answer, a refund carries the task id: only whoever knows both can
tell what one job cost.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

from veo_check.core.facts import GatewayStatus, Missing
from veo_check.core.jobs import UsageRead, UsageRow
from veo_check.http.answer import Answer, Failure
from veo_check.http.door import Door
from veo_check.http.json_text import Json, JsonError, parse_json
from veo_check.providers import newapi
from veo_check.providers.asks import Ask
from veo_check.providers.error_body import read_error
from veo_check.providers.job_place import JobPlace
from veo_check.providers.poll_answers import read_failure
from veo_check.providers.reading import mapping, moment, text, whole

_PROBE = "job-usage"
_CONSUME, _ERROR, _REFUND = 2, 5, 6
_SECONDS = re.compile(r"\bseconds\s*[:=]\s*(\d{1,6}(?:\.\d{1,6})?)")
#: how far the gateway's clock may be behind ours, where only time can tie a row to a job
_SLACK = timedelta(minutes=2)


def used(place: JobPlace, door: Door) -> UsageRead | Missing:
    """The key's total so far, asked afresh."""
    if place.key is None:
        return Missing(_PROBE, "not-configured", "the route names no key")
    answer = newapi.usage_ask(place.console_url, place.key).send(door, fresh=True)
    got = answer if isinstance(answer, Failure) else newapi.read_usage(answer)
    if isinstance(got, Failure):
        return got.as_missing(_PROBE)
    return UsageRead((), got.used, _per_unit(place, door), got.exchanges)


def usage(
    place: JobPlace,
    door: Door,
    operation: str | None,
    request_id: str | None,
    since: datetime,
) -> UsageRead | Missing:
    """The rows that are about one job, oldest first, and the key's total, asked afresh."""
    if place.key is None:
        return Missing(_PROBE, "not-configured", "the route names no key")
    answer = Ask(f"{place.console_url}/api/log/token", place.key).send(door, fresh=True)
    if isinstance(answer, Failure):
        return answer.as_missing(_PROBE)
    rows = _rows(answer)
    if isinstance(rows, Failure):
        return rows.as_missing(_PROBE)
    per_unit = _per_unit(place, door)
    own = _about(rows, place, operation, request_id, since)
    total = used(place, door)
    return UsageRead(
        rows=tuple(_row(answer, row, per_unit) for row in reversed(own)),
        used=total.used if isinstance(total, UsageRead) else None,
        quota_per_unit=per_unit,
        exchanges=(answer.exchange, *total.exchanges),
    )


def _per_unit(place: JobPlace, door: Door) -> Decimal | None:
    """Quota units to the USD, as the gateway publishes it; learned once per run."""
    answer = newapi.status_ask(place.console_url, place.key).send(door)
    got = answer if isinstance(answer, Failure) else newapi.read_status(answer)
    return got.quota_per_unit if isinstance(got, GatewayStatus) else None


def _rows(answer: Answer) -> list[dict[str, Json]] | Failure:
    if answer.status != 200:
        return answer.failure(read_error(answer).message)
    body = answer.json
    if isinstance(body, Failure):
        return body
    rows = mapping(body).get("data")
    if mapping(body).get("success") is False or not isinstance(rows, list):
        said = text(mapping(body).get("message"))
        return answer.unreadable("it holds no log rows" + (f" ({said})" if said else ""))
    return [row for row in rows if isinstance(row, dict)]


def _about(
    rows: list[dict[str, Json]],
    place: JobPlace,
    operation: str | None,
    request_id: str | None,
    since: datetime,
) -> list[dict[str, Json]]:
    """The rows of one job: charges and errors by request id, refunds by task id.

    A build whose rows have no request ids leaves only label and time: then every row that could be
    the job's is returned, so that a second charge is not overlooked.
    """
    joined = [
        row
        for row in rows
        if (request_id is not None and row.get("request_id") == request_id)
        or (operation is not None and _other(row).get("task_id") == operation)
    ]
    if any(row.get("type") in {_CONSUME, _ERROR} for row in joined):
        return joined
    if any(text(row.get("request_id")) for row in rows if row.get("type") == _CONSUME):
        return joined
    loose = [
        row
        for row in rows
        if row.get("type") == _CONSUME
        and row.get("model_name") == place.label
        and (at := moment(row.get("created_at"))) is not None
        and at >= since - _SLACK
    ]
    return [row for row in rows if row in joined or row in loose]


def _row(answer: Answer, row: dict[str, Json], per_unit: Decimal | None) -> UsageRow:
    other = _other(row)
    quota = whole(row.get("quota"))
    kind = whole(row.get("type"))
    seconds = _SECONDS.search((text(row.get("content")) or "")[:2000])

    def shown(value: Json) -> str | None:
        found = text(value)
        return answer.shown(found, 200) if found else None

    reason = text(other.get("reason")) if kind == _REFUND else None
    symptom, told = read_failure(answer, reason) if reason else (None, None)
    row_id = shown(row.get("request_id"))
    if row_id is None and whole(row.get("id")) is not None:
        row_id = f"log row {whole(row.get('id'))}"
    return UsageRow(
        kind="refund" if kind == _REFUND else "error" if kind == _ERROR else "charge",
        row_id=row_id,
        at=moment(row.get("created_at")),
        model=shown(row.get("model_name")),
        served_model=shown(other.get("upstream_model_name")),
        key=shown(row.get("token_name")),
        group=shown(row.get("group")),
        route=shown(other.get("request_path")),
        status={_CONSUME: "consumed", _REFUND: "refunded", _ERROR: "error"}.get(kind or 0),
        quota=abs(quota) if quota is not None else None,
        amount=Decimal(abs(quota)) / per_unit if quota is not None and per_unit else None,
        unit="second" if seconds else None,
        quantity=Decimal(seconds[1]) if seconds else None,
        reason=told,
        symptom=symptom,
    )


def _other(row: dict[str, Json]) -> dict[str, Json]:
    """The `other` field: JSON in a string."""
    value = row.get("other")
    if isinstance(value, dict):
        return value
    try:
        return mapping(parse_json(value.encode())) if isinstance(value, str) else {}
    except (JsonError, UnicodeEncodeError):
        return {}
