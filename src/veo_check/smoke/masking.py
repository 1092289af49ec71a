"""How much of an operation id a report may show."""

from __future__ import annotations

from veo_check.smoke.entry import Entry

#: Gateways whose task id alone opens the video.
_CAPABILITIES = {"flatkey", "newapi"}


def shown_operation(entry: Entry) -> str | None:
    """The operation's id, masked where it works without a key. Whole only in the state folder."""
    if entry.operation is None:
        return None
    id_ = entry.operation.id
    if entry.intent.binding.via.get("gateway") not in _CAPABILITIES:
        return id_
    prefix = id_[: id_.index("_") + 1] if "_" in id_[:8] else ""
    return f"{prefix}…{id_[-4:]}" if len(id_) > 8 else "…"
