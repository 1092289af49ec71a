"""Ways to break a page: rows, cells, tags, dates, characters, encodings. Seeded, so that a failure
can be seen again."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Mutate = Callable[[str, random.Random], str]


def _lines(text: str) -> list[str]:
    return text.split("\n")


_VIDEO = re.compile(r"veo|omni|\$|video|supported|us-central1|20[0-9]{2}", re.I)
#: most mutations begin with the same page, so it is searched once
_once = functools.lru_cache(maxsize=64)


@_once
def _video_lines(text: str) -> Sequence[int]:
    """The lines that matter: those about a video model, else any."""
    lines = _lines(text)
    return [place for place, line in enumerate(lines) if _VIDEO.search(line)] or range(len(lines))


@_once
def _video_rows(text: str) -> Sequence[re.Match[str]]:
    rows = list(re.finditer(r"<tr[^>]*>.*?</tr>", text, re.S))
    return [row for row in rows if _VIDEO.search(row[0])] or rows


def _video_line(text: str, dice: random.Random) -> int:
    return dice.choice(_video_lines(text))


def drop_line(text: str, dice: random.Random) -> str:
    lines = _lines(text)
    del lines[_video_line(text, dice)]
    return "\n".join(lines)


def drop_block(text: str, dice: random.Random) -> str:
    lines = _lines(text)
    start = _video_line(text, dice)
    del lines[start : start + dice.randint(2, 8)]
    return "\n".join(lines)


def repeat_line(text: str, dice: random.Random) -> str:
    lines = _lines(text)
    lines.insert(dice.randrange(len(lines)), lines[_video_line(text, dice)])
    return "\n".join(lines)


def _cells(line: str) -> list[str]:
    return line.strip().strip("|").split("|")


def _change_row(text: str, dice: random.Random, change: Callable[[list[str]], object]) -> str:
    """Cells of one row moved, in Markdown or in HTML."""
    if "<tr" not in text:
        lines = _lines(text)
        place = _video_line(text, dice)
        cells = _cells(lines[place])
        change(cells)
        lines[place] = f"|{'|'.join(cells)}|"
        return "\n".join(lines)
    found = _video_rows(text)
    if not found:
        return text
    row = dice.choice(found)
    cells = re.findall(r"<t[dh].*?</t[dh]>", row[0], re.S)
    if not cells:
        return text
    change(cells)
    return f"{text[: row.start()]}<tr>{''.join(cells)}</tr>{text[row.end() :]}"


def swap_cells(text: str, dice: random.Random) -> str:
    def swap(cells: list[str]) -> None:
        first, second = (dice.randrange(len(cells)) for _ in "ab")
        cells[first], cells[second] = cells[second], cells[first]

    return _change_row(text, dice, swap)


def turn_cells(text: str, dice: random.Random) -> str:
    def turn(cells: list[str]) -> None:
        cells.insert(0, cells.pop())

    return _change_row(text, dice, turn)


def drop_cell(text: str, dice: random.Random) -> str:
    return _change_row(text, dice, lambda cells: cells.pop(dice.randrange(len(cells))))


def add_cell(text: str, dice: random.Random) -> str:
    empty = "<td></td>" if "<tr" in text else "  "
    return _change_row(text, dice, lambda cells: cells.insert(dice.randint(0, len(cells)), empty))


def shift_cells(text: str, dice: random.Random) -> str:
    empty = "<td></td>" if "<tr" in text else "  "

    def shift(cells: list[str]) -> None:
        cells.insert(dice.randrange(len(cells)), empty)
        cells.pop()

    return _change_row(text, dice, shift)


def rename_column(text: str, dice: random.Random) -> str:
    titles = re.findall(
        r"Model(?: ID)?|Release date|Shutdown date|Retirement date|Recommended replacement|"
        r"Replacement model|Free Tier|Paid Tier, per second in USD|litellm_provider|"
        r"deprecation_date|output_cost_per_second(?:_\w+)?",
        text,
    )
    return text.replace(dice.choice(titles), dice.choice([*titles, "Column"])) if titles else text


def spoil_date(text: str, dice: random.Random) -> str:
    """A day that is none any more."""
    days = list(re.finditer(r"[A-Z][a-z]+ \d{1,2}, \d{4}|\$\d+\.\d+|\d{4}-\d\d-\d\d|0\.\d+", text))
    if not days:
        return text
    found = dice.choice(days)
    spoilt = dice.choice(
        [
            found[0].replace(" ", "", 1).replace("$", "USD "),
            found[0].replace(",", "").replace(".", ",").replace("-", "/"),
            found[0].replace("2", "Z", 1).replace("0.", "O."),
            found[0].lower() + "x",
            f"{found[0]} / {found[0]}",
            "TBD",
            "Q1 2027",
            "",
            "\ufffd" * len(found[0]),
        ]
    )
    return text[: found.start()] + spoilt + text[found.end() :]


def drop_tag(text: str, dice: random.Random) -> str:
    tags = list(re.finditer(r"</?[a-z][^>]*>|\|", text))
    if not tags:
        return text
    found = dice.choice(tags)
    return text[: found.start()] + text[found.end() :]


def nest_table(text: str, dice: random.Random) -> str:
    place = dice.randrange(len(text))
    inner = dice.choice(
        [
            "<table><tr><td>veo-9.0-generate-preview</td><td>May 1, 2027</td></tr></table>",
            "<table>",
            "</table>",
            "<tr><td>",
            "</td></tr>",
            "\n\n| x |\n|---|\n| veo-9.0-generate-preview |\n\n",
            "<td>",
        ]
    )
    return text[:place] + inner + text[place:]


def add_noise(text: str, dice: random.Random) -> str:
    place = dice.randrange(len(text))
    noise = dice.choice(
        ["<!--", "-->", "<![CDATA[", "<script>", "&#x110000;", "&lt;", "`", "\r", "\u202e", "\t|\t"]
    )
    return text[:place] + noise + text[place:]


def cut(text: str, dice: random.Random) -> str:
    return text[: dice.randrange(len(text))]


def type_over(text: str, dice: random.Random) -> str:
    """Any character replaced by any other: may spell another day, id or amount."""
    for _ in range(dice.randint(1, 12)):
        place = dice.randrange(len(text))
        other = dice.choice("0123456789abcXYZ|<>/`$., \n-")
        text = text[:place] + other + text[place + 1 :]
    return text


def lose_characters(text: str, dice: random.Random) -> str:
    place = dice.randrange(len(text))
    return text[:place] + text[place + dice.randint(1, 30) :]


def swap_lines(text: str, dice: random.Random) -> str:
    lines = _lines(text)
    first, second = _video_line(text, dice), dice.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return "\n".join(lines)


#: They can spell another valid page; what differs then has to be told.
SPELLING: tuple[Mutate, ...] = (type_over, lose_characters, swap_lines, drop_block)
#: They cannot make one date or amount from another.
STRUCTURE: tuple[Mutate, ...] = (
    drop_line,
    repeat_line,
    swap_cells,
    turn_cells,
    drop_cell,
    add_cell,
    shift_cells,
    rename_column,
    spoil_date,
    drop_tag,
    nest_table,
    add_noise,
    cut,
)
ENCODINGS: tuple[Callable[[str], bytes], ...] = (
    lambda text: text.encode("utf-16"),
    lambda text: text.encode("utf-16-le"),
    lambda text: text.encode("utf-32"),
    lambda text: text.encode("utf-7"),
    lambda text: text.encode("cp037", "replace"),
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.encode() + b"\x80",
    lambda text: text.encode().replace(b" ", b"\xa0"),
    lambda text: text.encode().replace(b"\n", b"\r\n"),
    lambda text: text.encode().replace(b"a", b"\xc3"),
    lambda text: text.encode()[::-1],
)


@dataclass(frozen=True)
class Broken:
    """A page after one or two mutations; `spelling`: it may spell another valid page."""

    content: bytes
    how: str
    spelling: bool


def broken(page: bytes, seed: int) -> Broken:
    dice = random.Random(seed)  # the same thousand on every run
    text = page.decode()
    if seed % 20 == 0:
        encode = ENCODINGS[seed // 20 % len(ENCODINGS)]
        return Broken(encode(text), f"encoding {seed // 20 % len(ENCODINGS)}", spelling=False)
    used = []
    for _ in range(2 if seed % 5 == 0 else 1):
        if not text:
            break
        mutate = dice.choice((*STRUCTURE, *SPELLING))
        used.append(mutate)
        text = mutate(text, dice)
    names = " then ".join(one.__name__ for one in used)
    # in JSON, where a name stands for a tier, another name is another tier
    may_spell = {*SPELLING, rename_column} if page.startswith(b"{") else set(SPELLING)
    if b"Capabilities" in page:  # where a line "Supported" lands says what is supported
        may_spell |= {repeat_line}
    return Broken(text.encode("utf-8", "replace"), names, not may_spell.isdisjoint(used))
