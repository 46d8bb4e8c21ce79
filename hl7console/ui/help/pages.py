"""The help pages as text: their order, their sections, and the search over them. No Qt.

A page is Markdown: headings, paragraphs, lists, tables, code and links. Links go to
``page.md``, ``page.md#anchor`` or ``#anchor``; there are none to the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from hl7console import assets

ORDER = (
    "index",
    "messages",
    "inspector",
    "worklist",
    "files",
    "listeners",
    "modalities",
    "sending",
    "editing",
    "routes",
    "queues",
    "monitor",
    "alerts",
    "reports",
    "recipes",
    "recordings",
    "compare",
    "command-line",
    "keys-and-recovery",
    "retention",
    "problems",
    "shortcuts",
    "changelog",
)
"""Names of the pages as they are listed."""

_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*")
_FENCE = "```"
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_TABLE_RULE = re.compile(r"\|?[\s:|-]+\|?")
_NO_ANCHOR = re.compile(r"[^\w\- ]")
_MARKS = re.compile(r"[*`]|^#+\s+|^[-*]\s+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, up to the next heading."""

    heading: str
    anchor: str
    """As links name it: small letters, hyphens for blanks."""
    text: str
    """Without Markdown."""


@dataclass(frozen=True, slots=True)
class Page:
    """One help page."""

    name: str
    """File name without its ending."""
    title: str
    markdown: str
    sections: tuple[Section, ...]

    def links(self) -> list[tuple[str, str]]:
        """Return the pages and anchors that it links to."""
        return [split_link(target, self.name) for _, target in _LINK.findall(self.markdown)]


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that a search found."""

    page: str
    title: str
    """That of the page."""
    heading: str
    anchor: str


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading: ``Exit codes`` gives ``exit-codes``."""
    return _NO_ANCHOR.sub("", plain(heading).casefold()).strip().replace(" ", "-")


def split_link(target: str, here: str = "") -> tuple[str, str]:
    """Return page name and anchor of a link, either of which may be empty.

    Args:
        target: ``files.md#archives`` or ``#archives``.
        here: The page that the link stands on.
    """
    file, _, anchor = target.partition("#")
    return file.removesuffix(".md") or here, anchor


def plain(markdown: str) -> str:
    """Return text without the marks of Markdown."""
    lines = [
        line.strip("|").replace("|", " ") if line.startswith("|") else line
        for line in markdown.split("\n")
        if not (line.startswith("|") and _TABLE_RULE.fullmatch(line))
        and not line.startswith(_FENCE)
    ]
    return _MARKS.sub("", _LINK.sub(r"\1", "\n".join(lines)))


def make_page(name: str, markdown: str) -> Page:
    """Return a page of its text; the first heading is its title."""
    sections = tuple(_sections(markdown))
    return Page(name, sections[0].heading if sections else name, markdown, sections)


def _sections(markdown: str) -> Iterator[Section]:
    heading, lines, is_code = "", [""], False
    for line in markdown.split("\n"):
        if line.startswith(_FENCE):
            is_code = not is_code
        found = None if is_code else _HEADING.fullmatch(line)
        if found is None:
            lines.append(line)
            continue
        if heading:
            yield Section(heading, anchor_of(heading), plain("\n".join(lines)))
        heading, lines = plain(found[2]), []
    if heading:
        yield Section(heading, anchor_of(heading), plain("\n".join(lines)))


@lru_cache(maxsize=1)
def all_pages() -> dict[str, Page]:
    """Return the pages by name, in their order. Any thread.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    return {name: make_page(name, assets.read_text(f"help/{name}.md")) for name in ORDER}


def search(text: str) -> list[Hit]:
    """Return the sections that hold all words of a text, the likeliest first. Any thread.

    A word also finds longer ones that begin with it. Words in headings weigh most, and words that
    stand together as they were typed.
    """
    words = text.casefold().split()
    found: list[tuple[int, Hit]] = []
    for page in all_pages().values() if words else ():
        for section in page.sections:
            weight = _weight(words, section, page.title)
            if weight:
                hit = Hit(page.name, page.title, section.heading, section.anchor)
                found.append((weight, hit))
    found.sort(key=lambda item: -item[0])
    return [hit for _, hit in found]


def _weight(words: list[str], section: Section, title: str) -> int:
    """Return how well a section fits; 0 when a word is missing."""
    heading, body = section.heading.casefold(), section.text.casefold()
    weight = 0
    for word in words:
        beginning = re.compile(rf"(?<!\w){re.escape(word)}")
        in_heading = bool(beginning.search(heading))
        in_body = min(len(beginning.findall(body)), 5)
        if not in_heading and not in_body:
            return 0
        weight += 20 * in_heading + in_body
        weight += 5 * bool(beginning.search(title.casefold()))
    phrase = " ".join(words)
    if len(words) > 1 and (phrase in heading or phrase in " ".join(body.split())):
        weight += 30
    # What is new names everything; it comes last among equals.
    return max(1, weight // 4) if title == "What's new" else weight
