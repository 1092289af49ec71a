"""Situations that users reported, run as they are against a stub, and what has to come out.

The cases lie beside the repository and are not part of it; without them the tests are skipped. The
kinds behind them are tested where the code is, with inputs that nobody reported.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

# the script's stub leaves its listening socket to the garbage collector
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

#: case -> (texts that come out, texts that do not)
RIGHT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "01-aq-inline-key": (("exit 2",), ("AQ.Ab8",)),
    "02-openrouter-202": (("job job-abc123",), ("is uncertain",)),
    "04-usage-guidelines-op": (("a safety filter stopped it", "rephrase the prompt"), ()),
    "06-op-duration": (("clip length was refused", "[8,4,6]"), ()),
    "07-op-storage-uri": (("Cloud Storage bucket has to be named",), ()),
    "08-extension-7s": (("accepts 1 x 7 s", "$0.70"), ("does not take seconds",)),
    "08-extension-7s-price": (("$2.80", "exit 0", "unsupported-combination", "exit 1"), ()),
    "10-vertex-1080p-4s": (("$0.48", "sources differ"), ("not-ready",)),
    "12-veo-429-not-quota": (("waiting never helps",), ()),
    "13-resource-project-invalid": (("project, location or kind of key",), ()),
    "14-litellm-poll-vertex-project": (("vertex_project is required",), ("run again later",)),
    "17-lite-preview-on-vertex": (("veo-3.1-lite-generate-001",), ("veo-3.1-generate-preview",)),
    "18-fast-preview-on-vertex": (("move to veo-3.1-fast-generate-001",), ()),
    "19-ga-id-on-gemini-api": (("right id, wrong surface", "agent-platform"), ()),
    "19-ga-id-on-gemini-api-lifecycle": (("right id, wrong surface", "agent-platform"), ()),
    "20-location-europe": (("not known that europe-west4 serves", "us-central1"), ()),
    "21-omni-us-central1": (("not known that us-central1 serves", "global"), ()),
    "22-omni-audio": (("accepts 1 x 8 s at 720p, 16:9, with audio",), ("nothing is known about",)),
    "23-interactions-only-submit": (("through the interactions api only",), ()),
    "23-omni-predict-long-running": (("served through interactions only",), ()),
    "24-api-key-on-vertex": (("gcloud auth print-access-token",), ()),
    "26-google-slash-veo": (("the id veo-3.1 is not known",), ("google/veo-3.1 is",)),
    "26-prefixed-ids": (("the id veo-3.1-fast-generate-001 is official",), ("label-differs",)),
    "27-no-such-model-at-location": (("location",), ()),
    "31-reference-8s-smoke-default": (("accepts 1 x 8 s",), ("not at 4 s",)),
    "32-scan-n8n-escaped": (("veo3_fast: unknown",), ()),
    "33-scan-fal-ids": (("fal-ai/veo3.1/fast: unknown", "exit 3"), ("seedance",)),
    "35-scan-yaml-flow": (("values.yaml:1:14: veo3: unknown",), ("exit 0",)),
    "36-litellm-include": (("official: veo-3.1-fast-generate-001",), ("video models there: none",)),
    "37-catalog-expr-max": (("blocked price-unit",), ("no usable price",)),
    "37-catalog-exponent": (("0.10 usd per second",), ()),
    "37-catalog-vo": (("not price rows",), ("fail catalog-row",)),
    "37-catalog-openai-videos": (("endpoint types openai-videos", "warn endpoint-family"), ()),
    "43-person-generation": (("a parameter was refused", "persongeneration"), ()),
    "49-fal-422": (
        ("input should be '4s', '6s' or '8s'", "whether it was charged is not known"),
        (),
    ),
    "49-openrouter-402": (("insufficient credits", "whether it was charged is not known"), ()),
    "51-gcs-bucket-permission": (("service agent may not use",), ()),
    "53-refused-charge-sentence": (("it was not charged",), ()),
}


#: What is right there is the evidence of a pass, or the rest of a long sentence: under `-v`.
VERBOSE = {
    "02-openrouter-202",
    "08-extension-7s",
    "10-vertex-1080p-4s",
    "20-location-europe",
    "21-omni-us-central1",
    "22-omni-audio",
    "26-prefixed-ids",
    "31-reference-8s-smoke-default",
}


@pytest.fixture(scope="module")
def field(shared: Path) -> ModuleType:
    """The script that runs a case; it takes the tool from an environment variable."""
    path = str(shared / "field" / "run-case")
    loader = importlib.machinery.SourceFileLoader("run_case", path)
    spec = importlib.util.spec_from_loader("run_case", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VEO_CHECK", str(Path(sys.prefix) / "bin" / "veo-check"))
        loader.exec_module(module)
    return module


def test_every_case_is_in_the_table(shared: Path) -> None:
    assert {path.name for path in (shared / "field").iterdir() if path.is_dir()} == {*RIGHT}


@pytest.mark.parametrize("case", RIGHT)
def test_a_field_case_gives_its_right_value(
    case: str, shared: Path, field: ModuleType, tmp_path: Path
) -> None:
    folder = shared / "field" / case
    if case in VERBOSE:
        folder = Path(shutil.copytree(folder, tmp_path / case, copy_function=shutil.copyfile))
        command = (folder / "cmd").read_text()
        assert "veo-check run route.yaml" in command
        (folder / "cmd").write_text(command.replace("run route.yaml", "run route.yaml -v"))
    _, output, _ = field.run(folder)
    said = " ".join(output.lower().split())
    wanted, never = RIGHT[case]
    assert [text for text in wanted if text.lower() not in said] == []
    assert [text for text in never if text.lower() in said] == []
