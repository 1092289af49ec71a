"""Every format stays well-formed and inert, whatever a name holds; other people's readers judge."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree as ET

import html5lib
import jsonschema
import pytest
import xmlschema
from markdown_it import MarkdownIt
from markdown_it.token import Token
from prometheus_client.parser import text_string_to_metric_families

from canonical_reports import CANONICAL
from hostile_reports import HOSTILE, PLAIN, hostile_report
from veo_check.cli.output import FORMATS
from veo_check.report.model import Report

REPORTS = {name: hostile_report(text) for name, text in HOSTILE.items()}
ALL = REPORTS | CANONICAL | {"plain": hostile_report(PLAIN)}
every = pytest.mark.parametrize("name", ALL)


@functools.cache
def rendered(word: str, name: str) -> str:
    return str(import_module(f"veo_check.report.{word}").render(ALL[name]))


@pytest.mark.parametrize("word", FORMATS)
@every
def test_nothing_reaches_a_terminal_or_a_ci_server_as_a_command(word: str, name: str) -> None:
    text = rendered(word, name)
    if word == "markdown":
        text = text.replace("@\N{WORD JOINER}", "@")  # keeps a forge from finding a mention
    assert [one for one in text if not one.isprintable() and one != "\n"] == []
    assert "##[" not in text
    if word != "github":
        assert [one for one in text.splitlines() if one.lstrip().startswith("::")] == []
    text.encode()  # no lone surrogate is left


@every
def test_json_reads_back(name: str) -> None:
    text = rendered("json", name)
    again = Report.model_validate_json(text)
    assert import_module("veo_check.report.json").render(again) == text
    assert [one.verdict for one in again.routes] == [one.verdict for one in ALL[name].routes]


@every
def test_sarif_by_the_official_schema(name: str, sarif: jsonschema.Draft7Validator) -> None:
    log = json.loads(rendered("sarif", name))
    assert [error.message for error in sarif.iter_errors(log)] == []
    results = log["runs"][0]["results"]
    assert all("](" not in one["message"]["text"] for one in results)
    rules = {one["id"] for one in log["runs"][0]["tool"]["driver"]["rules"]}
    assert {one["ruleId"] for one in results} == rules


@pytest.fixture(scope="session")
def sarif(shared: Path) -> jsonschema.Draft7Validator:
    schema = json.loads((shared / "schemas/sarif-schema-2.1.0.json").read_text())
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


@every
def test_junit_by_the_common_schema(name: str, junit: xmlschema.XMLSchema) -> None:
    text = rendered("junit", name)
    assert [error.reason for error in junit.iter_errors(text)] == []


@pytest.fixture(scope="session")
def junit(shared: Path) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(shared / "schemas/JUnit.xsd")


@every
def test_junit_counts_what_it_holds(name: str) -> None:
    root = ET.fromstring(rendered("junit", name))
    for suite in root.iter("testsuite"):
        for plural, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(suite.attrib[plural]) == sum(1 for _ in suite.iter(tag))
        seconds = sum(float(case.attrib["time"]) for case in suite.iter("testcase"))
        assert float(suite.attrib["time"]) == pytest.approx(seconds)


#: What our own Markdown is made of. Anything else came from outside.
_OURS = {
    "heading_open", "heading_close", "inline", "paragraph_open", "paragraph_close", "text",
    "strong_open", "strong_close", "bullet_list_open", "bullet_list_close", "ordered_list_open",
    "ordered_list_close", "list_item_open", "list_item_close", "blockquote_open",
    "blockquote_close", "table_open", "table_close", "thead_open", "thead_close", "tbody_open",
    "tbody_close", "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close",
    "softbreak", "text_special", "html_block",
}  # fmt: skip


@every
def test_markdown_is_inert(name: str) -> None:
    tokens = _markdown(name)
    assert {one.type for one in tokens} <= _OURS
    for block in (one.content.strip() for one in tokens if one.type == "html_block"):
        assert re.fullmatch(r"</details>|<details( open)?><summary>[^<>]*</summary>", block)
    # what a forge finds after rendering: mentions, and links that are only text
    shown = " ".join(one.content for one in tokens if one.type == "text")
    assert re.findall(r"@\w", shown) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markdown_has_the_shape_of_a_plain_one(name: str) -> None:
    plain = Counter(token.type for token in _markdown("plain"))
    found = Counter(token.type for token in _markdown(name))
    for kind in ("tr_open", "td_open", "heading_open", "list_item_open", "strong_open"):
        assert found[kind] == plain[kind], kind


@functools.cache
def _markdown(name: str) -> list[Token]:
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = markdown.parse(rendered("markdown", name))
    return [one for token in tokens for one in (token, *(token.children or ()))]


@every
def test_prometheus_by_its_own_client(name: str) -> None:
    text = rendered("prometheus", name)
    families = {one.name: one for one in text_string_to_metric_families(text)}
    report = ALL[name]
    verdicts = families["veo_check_verdict"].samples
    assert len(verdicts) == 3 * len(report.routes)
    told = [one.labels["verdict"] for one in verdicts if one.value == 1]
    assert told == [one.verdict for one in report.routes]
    for family in families.values():
        series = [tuple(sorted(one.labels.items())) for one in family.samples]
        assert len(series) == len(set(series))
    assert families["veo_check_exit_code"].samples[0].value == report.exit_code


@every
def test_github_annotations_by_the_runners_rules(name: str) -> None:
    lines = rendered("github", name).splitlines()
    assert {_command(one)[0] for one in lines} <= {"error", "warning", "notice"}
    for _, properties, message in map(_command, lines):
        placed = {"file", "line", "title"} if "file" in properties else {"title"}
        assert placed <= properties.keys() <= {*placed, "col"}
        assert properties.get("line", "1").isdecimal()
        assert message


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_annotations_are_as_many_as_plain_ones(name: str) -> None:
    plain, found = rendered("github", "plain"), rendered("github", name)
    assert len(found.splitlines()) == len(plain.splitlines())


def _command(line: str) -> tuple[str, dict[str, str], str]:
    """As the runner reads it (ActionCommand.TryParseV2 of actions/runner)."""
    assert line.startswith("::")
    info, _, data = line[2:].partition("::")
    word, _, rest = info.partition(" ")
    pairs = [one.split("=", 1) for one in rest.split(",") if one]
    properties = {key.strip(): _unescaped(value, True) for key, value in pairs}
    return word, properties, _unescaped(data, False)


def _unescaped(text: str, in_property: bool) -> str:
    pairs = [("%0D", "\r"), ("%0A", "\n")]
    pairs += [("%3A", ":"), ("%2C", ",")] if in_property else []
    for escape, char in [*pairs, ("%25", "%")]:
        text = text.replace(escape, char)
    return text


@every
def test_html_is_well_formed_and_loads_nothing(name: str) -> None:
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True)
    page = parser.parse(rendered("html", name))
    elements = [(one.tag.rpartition("}")[2], one.attrib) for one in page.iter() if _is_tag(one)]
    tags = {tag for tag, _ in elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base", "svg"}
    names = {attribute for _, attributes in elements for attribute in attributes}
    assert not [one for one in names if one.startswith("on") or one in {"src", "srcdoc", "action"}]
    links = {attributes["href"] for _, attributes in elements if "href" in attributes}
    assert [one for one in links if not re.fullmatch(r"#route-\d+|data:,", one)] == []
    styles = {attributes["style"] for _, attributes in elements if "style" in attributes}
    assert [one for one in styles if re.search(r"url|expression|@", one)] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_html_has_the_shape_of_a_plain_one(name: str) -> None:
    assert _shape(name) == _shape("plain")


@functools.cache
def _shape(name: str) -> Counter[str]:
    page = html5lib.parse(rendered("html", name))
    return Counter(one.tag for one in page.iter() if _is_tag(one))


def _is_tag(element: ET.Element) -> bool:
    return isinstance(element.tag, str)
