"""The HTML report in Chromium, where there is one: on a phone and a desk, light and dark.

One start of the browser looks at every page in both widths: each is a frame of one outer page, and
takes over the frame's width and the browser's colour scheme.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path

import pytest

from canonical_reports import CANONICAL, NOT_READY, READY
from hostile_reports import HOSTILE, hostile_report
from veo_check.report.html import render
from veo_check.report.model import Report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
PHONE, DESK = 360, 1280
BOTH = READY.model_copy(update={"routes": [*READY.routes, *NOT_READY.routes]})
PAGES: Mapping[str, Report] = {
    **CANONICAL,
    "two routes": BOTH,
    **{name: hostile_report(HOSTILE[name]) for name in ("long", "long-words", "attribute")},
}
#: Loads every page in a frame of each width and writes down what it is like.
_LOOK = """<!doctype html><meta charset="utf-8"><title>look</title><body>
<script type="application/json" id="pages">%s</script><script>
const seen = [];
const look = (name, text, width) => new Promise(done => {
  const frame = document.createElement("iframe");
  frame.style = `width: ${width}px; height: 900px; border: 0`;
  frame.onload = () => {
    const page = frame.contentDocument, root = page.documentElement, view = frame.contentWindow;
    const outside = [...page.body.querySelectorAll("*")].filter(one => {
      const box = one.getBoundingClientRect();
      return box.right > root.clientWidth + 1 && one.closest("thead") === null;
    });
    seen.push({
      name, width, scroll: root.scrollWidth, client: root.clientWidth,
      outside: outside.map(one => one.outerHTML.slice(0, 120)),
      ink: view.getComputedStyle(page.querySelector("h2") || page.body).color,
      paper: view.getComputedStyle(page.body).backgroundColor,
      requests: view.performance.getEntriesByType("resource").length,
    });
    frame.remove();
    done();
  };
  frame.srcdoc = text;
  document.body.append(frame);
});
const pages = JSON.parse(document.getElementById("pages").textContent);
Promise.all(Object.entries(pages).flatMap(
  ([name, text]) => [%s].map(width => look(name, text, width))
)).then(() => {
  const out = document.createElement("pre");
  out.id = "seen";
  out.textContent = JSON.stringify(seen);
  document.body.replaceChildren(out);
});
</script>"""
RowInspection = dict[str, object]


def chromium(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM is not None
    return subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--enable-logging=stderr",
            # nothing beyond this machine can be reached, whatever a page tries
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )


def console(ran: subprocess.CompletedProcess[str]) -> list[str]:
    """What pages wrote to the console; a request that their own policy stopped is in there."""
    return [line for line in ran.stderr.splitlines() if "CONSOLE" in line]


def looked_at(pages: Mapping[str, str], folder: Path, *arguments: str) -> list[RowInspection]:
    """What each page is like in a frame of each width; one that writes to the console fails."""
    outer = folder / "outer.html"
    held = json.dumps(pages).replace("<", "\\u003c")
    outer.write_text(_LOOK % (held, f"{PHONE}, {DESK}"), encoding="utf-8")
    ran = chromium(folder, "--dump-dom", "--virtual-time-budget=10000", *arguments, outer.as_uri())
    assert console(ran) == []
    found = re.search(r'<pre id="seen">(.*?)</pre>', ran.stdout, re.DOTALL)
    assert found, ran.stdout[-2000:]
    looks: list[RowInspection] = json.loads(unescape(found[1]))
    return looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_and_asks_for_nothing(scheme: str, tmp_path: Path) -> None:
    pages = {name: render(report) for name, report in PAGES.items()}
    dark = ["--force-dark-mode"] if scheme == "dark" else []
    looks = looked_at(pages, tmp_path, *dark)
    assert sorted((str(one["name"]), one["width"]) for one in looks) == sorted(
        (name, width) for name in PAGES for width in (PHONE, DESK)
    )
    for look in looks:
        assert look["outside"] == [], look["name"]
        assert look["scroll"] == look["client"] == look["width"], look["name"]
        assert look["requests"] == 0
        assert _contrast(str(look["ink"]), str(look["paper"])) >= 7
        assert (_light(str(look["paper"])) < 0.5) is (scheme == "dark")


@pytest.mark.parametrize("width", [500, DESK])  # a window is never narrower than 500
def test_a_screenshot_shows_something(width: int, tmp_path: Path) -> None:
    page, shot = tmp_path / "report.html", tmp_path / "shot.png"
    page.write_text(render(READY), encoding="utf-8")
    ran = chromium(tmp_path, f"--window-size={width},1600", f"--screenshot={shot}", page.as_uri())
    assert console(ran) == []
    header = shot.read_bytes()[:24]
    assert (int.from_bytes(header[16:20]), int.from_bytes(header[20:24])) == (width, 1600)
    assert shot.stat().st_size > 30_000  # an empty page of this size takes a tenth of it


def test_a_page_that_overflows_or_writes_to_the_console_is_noticed(tmp_path: Path) -> None:
    wide = f"<!doctype html><title>t</title><body><p><code>{escape('x' * 400)}</code></p></body>"
    assert all(look["outside"] for look in looked_at({"wide": wide}, tmp_path))
    loud = render(READY).replace("</body>", '<img src="https://evil.example/x.png"></body>')
    with pytest.raises(AssertionError, match="CONSOLE"):
        looked_at({"loud": loud}, tmp_path)


def _contrast(one: str, other: str) -> float:
    """Contrast of two colours, as WCAG 2 has it: 7 is its strictest demand on text."""
    dark, light = sorted((_light(one), _light(other)))
    return (light + 0.05) / (dark + 0.05)


def _light(colour: str) -> float:
    """Relative luminance of `rgb(…)`."""
    shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
