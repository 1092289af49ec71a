"""Facts as files: one each, named after its type, with the text of `evidence.records`.

`facts/catalog.json` is what was learned, `facts/catalog.missing.json` why it could not be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from veo_check.core.facts import (
    Catalog,
    GatewayListing,
    GatewayStatus,
    KeyAnswer,
    KeyUsage,
    Missing,
    OfficialModel,
    ProductionKey,
    ProvenLife,
    SmokeKeyVariable,
)
from veo_check.core.job_log import LogSample
from veo_check.core.paid_facts import ControlledFailure, Delivery, JobResult, UsageProof
from veo_check.core.proof import ProofStatus
from veo_check.evidence.records import UnreadableRecordError, from_text, to_text

#: Every fact a run can learn. What is worked out from facts (fallback outcomes) is not among them.
FACT_TYPES: tuple[type, ...] = (
    GatewayListing,
    OfficialModel,
    KeyAnswer,
    KeyUsage,
    GatewayStatus,
    Catalog,
    ProductionKey,
    SmokeKeyVariable,
    LogSample,
    JobResult,
    Delivery,
    UsageProof,
    ControlledFailure,
    ProvenLife,
    ProofStatus,
)
Facts = Mapping[type, object]


def fact_name(kind: type) -> str:
    """The file name of a fact's type: `KeyAnswer` is `key-answer`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


_KINDS = {fact_name(kind): kind for kind in FACT_TYPES}


def fact_files(facts: Facts, folder: str) -> dict[str, bytes]:
    """One file a fact, in `folder` of the bundle. Raises TypeError for what is no fact."""
    files: dict[str, bytes] = {}
    for kind, fact in facts.items():
        if kind not in FACT_TYPES:
            raise TypeError(f"{kind.__name__} is not listed among the facts of a bundle")
        missing = ".missing" if isinstance(fact, Missing) else ""
        files[f"{folder}/{fact_name(kind)}{missing}.json"] = to_text(fact).encode()
    return files


def read_facts(files: Mapping[str, bytes], folder: str) -> dict[type, object]:
    """The facts in `folder`. Raises UnreadableRecordError, naming the file."""
    facts: dict[type, object] = {}
    for name, content in files.items():
        above, _, file = name.rpartition("/")
        if above != folder:
            continue
        word = file.removesuffix(".json").removesuffix(".missing")
        kind = _KINDS.get(word)
        if kind is None or kind in facts:
            raise UnreadableRecordError(f"{name}: no fact is called so, or it is there twice")
        wanted = Missing if file.endswith(".missing.json") else kind
        facts[kind] = read_record(wanted, content, name)
    return {kind: facts[kind] for kind in FACT_TYPES if kind in facts}


def read_record(kind: type, content: bytes, name: str) -> object:
    """One record. Raises UnreadableRecordError, naming the file."""
    try:
        return from_text(kind, content.decode())
    except UnicodeDecodeError:
        raise UnreadableRecordError(f"{name}: is not UTF-8 text") from None
    except UnreadableRecordError as error:
        raise UnreadableRecordError(f"{name}: {error}") from None
