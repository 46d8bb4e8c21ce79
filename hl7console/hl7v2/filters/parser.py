"""Reads the filter language.

``not`` and ``-`` bind before ``and``, which is implied, and ``and`` before ``or``. An error
points at the first character that cannot be understood.
"""

from __future__ import annotations

import re
from datetime import datetime

from hl7console.hl7v2.filters.fulltext import words
from hl7console.hl7v2.filters.keys import KEYS, FilterError, read_value
from hl7console.hl7v2.filters.nodes import (
    And,
    Node,
    Not,
    Operator,
    Or,
    PathMatch,
    PathPresent,
    Query,
    TextMatch,
)
from hl7console.hl7v2.paths import FieldPath, PathError

LONGEST_TEXT = 10_000
"""Characters of the longest filter."""
DEEPEST_NESTING = 50
"""Brackets and negations that may stand inside each other."""

_SEGMENT_NAMES = """
    ABS ACC ADD ADJ AFF AIG AIL AIP AIS AL1 APR ARQ ARV AUT BHS BLC BLG BPO BPX BTS BTX BUI CDM
    CDO CER CM0 CM1 CM2 CNS CON CSP CSR CSS CTD CTI DB1 DG1 DMI DON DPS DRG DSC DSP ECD ECR EDU
    EQL EQP EQU ERQ ERR EVN FAC FHS FT1 FTS GOL GP1 GP2 GT1 IAM IAR IIM ILT IN1 IN2 IN3 INV IPC
    IPR ISD ITM IVC IVT LAN LCC LCH LDP LOC LRL MCP MFA MFE MFI MRG MSA MSH NCK NDS NK1 NPU NSC
    NST NTE OBR OBX ODS ODT OM1 OM2 OM3 OM4 OM5 OM6 OM7 OMC ORC ORG ORO OVR PAC PCE PCR PD1 PDA
    PDC PEO PES PID PKG PM1 PMT PR1 PRA PRB PRC PRD PRT PSG PSH PSL PSS PTH PV1 PV2 PYE QAK QCK
    QID QPD QRD QRF QRI RCP RDF RDT REL RF1 RFI RGS RMI ROL RQ1 RQD RX1 RXA RXC RXD RXE RXG RXO
    RXR RXV SAC SCD SCH SCP SDD SFT SGH SGT SHP SID SLT SPM SPR STF STZ TCC TCD TQ1 TQ2 TXA UAC
    UB1 UB2 URD URS VAR VND VTQ
    """
SEGMENT_IDS = frozenset(_SEGMENT_NAMES.split())
"""Segments of any version: only these, and ``Z..``, make a lone ``ABC-12`` a path, not a word."""
HIGHEST_FIELD = 199
"""Field numbers beyond make a lone ``ABC-1234`` a word: an accession number rather than a path."""

_KEYWORD = re.compile(r"(or|and|not)(?=[\s()]|$)", re.IGNORECASE)
_KEY = re.compile(r"([A-Za-z_]+):")
_OPERATORS = r"!=|>=|<=|=|~|>|<"
_INDEX = r"(?:\[[^\]\s]*\]|\([^)\s]*\))?"
_PATH_TEXT = rf"[A-Za-z][A-Za-z0-9]{{2}}{_INDEX}(?:[-.]\d+{_INDEX}(?:[-.]\d+){{0,2}})?"
_COMPARISON = re.compile(rf"({_PATH_TEXT})\s*({_OPERATORS})")
_PATH = re.compile(_PATH_TEXT)
_OPERATOR = re.compile(_OPERATORS)
_WORD = re.compile(r'[^\s()"]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_QUOTED_ESCAPE = re.compile(r'\\(["\\])')


def parse(text: str, *, now: datetime | None = None) -> Query:
    """Return the filter that a text stands for; a blank text matches everything. Any thread.

    Args:
        text: The filter as the user wrote it.
        now: The present, for ``since:2h`` and the like; its zone, or that of this machine where
            it has none, is the local one. None takes the clock.

    Raises:
        FilterError: The text is not understood; its `position` says from where on.
    """
    if len(text) > LONGEST_TEXT:
        raise FilterError(f"A filter has at most {LONGEST_TEXT} characters.", position=LONGEST_TEXT)
    moment = datetime.now() if now is None else now  # noqa: DTZ005 - times are local
    return Query(text, _Parser(text, moment).read())


class _Parser:
    """Recursive descent over the characters; one use."""

    def __init__(self, text: str, now: datetime) -> None:
        self._text = text
        self._now = now
        self._at = 0
        self._depth = 0

    def read(self) -> Node | None:
        self._skip_blanks()
        if self._at == len(self._text):
            return None
        node = self._read_or()
        if self._at < len(self._text):
            raise FilterError("This bracket closes nothing.", position=self._at)
        return node

    def _read_or(self) -> Node:
        start = self._at
        items = [self._read_and()]
        while self._take_keyword("or"):
            items.append(self._read_and())
        return items[0] if len(items) == 1 else Or(tuple(items), (start, self._end()))

    def _read_and(self) -> Node:
        start = self._at
        items = [self._read_not()]
        while self._take_keyword("and") or not self._is_at_end_of_and():
            items.append(self._read_not())
        return items[0] if len(items) == 1 else And(tuple(items), (start, self._end()))

    def _is_at_end_of_and(self) -> bool:
        self._skip_blanks()
        return self._at == len(self._text) or self._text[self._at] == ")" or self._keyword() == "or"

    def _read_not(self) -> Node:
        self._skip_blanks()
        start = self._at
        if self._take_keyword("not"):
            return self._negated(start)
        if self._text[start : start + 1] == "-":
            self._at += 1
            if self._at == len(self._text) or self._text[self._at].isspace():
                raise FilterError(
                    "Nothing follows the minus.",
                    position=start,
                    hint="Write it directly before what is to be left out: -type:ACK.",
                )
            return self._negated(start)
        return self._read_primary()

    def _negated(self, start: int) -> Node:
        self._enter(start)
        item = self._read_not()
        self._depth -= 1
        return Not(item, (start, self._end()))

    def _read_primary(self) -> Node:
        start = self._at
        if start == len(self._text):
            raise FilterError("Something is missing at the end.", position=start)
        character = self._text[start]
        if character == "(":
            return self._read_group()
        if character == ")":
            raise FilterError("There is nothing before this bracket.", position=start)
        keyword = self._keyword()
        if keyword:
            raise FilterError(
                f"Something is missing before “{keyword}”.",
                position=start,
                hint=f'To search for the word, write "{keyword}".',
            )
        if character == '"':
            value = self._read_quoted()
            return self._text_match(value, start, is_prefix=False)
        return self._read_term()

    def _read_group(self) -> Node:
        start = self._at
        self._enter(start)
        self._at += 1
        self._skip_blanks()
        node = self._read_or()
        self._skip_blanks()
        if self._at == len(self._text):
            raise FilterError("This bracket is not closed.", position=start)
        self._at += 1
        self._depth -= 1
        return node

    def _read_term(self) -> Node:
        start = self._at
        key = _KEY.match(self._text, start)
        if key is not None:
            return self._read_key(key)
        comparison = _COMPARISON.match(self._text, start)
        if comparison is not None:
            return self._read_comparison(comparison)
        path = _PATH.match(self._text, start)
        if path is not None and self._ends_word(path.end()):
            node = self._lone_path(path[0], start)
            if node is not None:
                self._at = path.end()
                return node
        word = self._read_bare()
        operator = _OPERATOR.search(word)
        if operator is not None:
            raise FilterError(
                f"Left of {operator[0]} there must be a field path such as PID-3.1.",
                position=start + operator.start(),
                hint="To search for the text as it is, put it in quotes.",
            )
        return self._text_match(word, start, is_prefix=True)

    def _read_key(self, found: re.Match[str]) -> Node:
        name = found[1].lower()
        if name not in KEYS:
            raise FilterError(
                f"There is no key “{found[1][:40]}”.",
                position=found.start(),
                hint=f"The keys are {', '.join(KEYS)}. To search for text, put it in quotes.",
            )
        self._at = found.end()
        value, at = self._read_value(f"A value is missing after {name}:")
        span = (found.start(), self._at)
        return read_value(name, value, at=at, span=span, now=self._now)

    def _read_comparison(self, found: re.Match[str]) -> Node:
        path = self._parse_path(found[1], found.start())
        if path.field is None:
            raise FilterError(
                f"Which field of {path.segment}? A comparison needs one.",
                position=found.start(2),
                hint=f"Write {path.segment}-1{found[2]}…",
            )
        self._at = found.end()
        operator: Operator = found[2]  # type: ignore[assignment]
        value, _ = self._read_value(
            f"A value is missing after {operator}", may_be_empty=operator in ("=", "!=")
        )
        return PathMatch(path, operator, value, (found.start(), self._at))

    def _lone_path(self, text: str, start: int) -> PathPresent | None:
        """Return the condition of a path that stands alone; None when it is rather a word."""
        is_segment = "[" in text or "(" in text
        if len(text) == 3:
            return None
        path = self._parse_path(text, start)
        known = path.segment in SEGMENT_IDS or path.segment.startswith("Z")
        if path.field is not None and (not known or path.field > HIGHEST_FIELD) and not is_segment:
            return None
        return PathPresent(path, (start, start + len(text)))

    def _parse_path(self, text: str, start: int) -> FieldPath:
        try:
            return FieldPath.parse(text)
        except PathError as error:
            raise FilterError(
                error.text, position=start + error.position, hint=error.hint
            ) from None

    def _read_value(self, missing: str, *, may_be_empty: bool = False) -> tuple[str, int]:
        """Return a value and where it begins: quoted, or up to the next blank."""
        after = self._at
        self._skip_blanks()
        at = self._at
        if self._text[at : at + 1] == '"':
            value = self._read_quoted()
            if not value and not may_be_empty:
                raise FilterError(missing + ".", position=at)
            return value, at
        value = self._read_bare(stop_at_quote=False)
        if not value:
            raise FilterError(missing + ".", position=after)
        return value, at

    def _read_quoted(self) -> str:
        found = _QUOTED.match(self._text, self._at)
        if found is None:
            raise FilterError("This quote is not closed.", position=self._at)
        self._at = found.end()
        return _QUOTED_ESCAPE.sub(r"\1", found[1])

    def _read_bare(self, *, stop_at_quote: bool = True) -> str:
        """Read up to a blank or a bracket that closes nothing within the word."""
        text = self._text
        start = self._at
        open_brackets = 0
        while self._at < len(text):
            character = text[self._at]
            if character.isspace() or (stop_at_quote and character == '"'):
                break
            if character == "(":
                open_brackets += 1
            elif character == ")":
                if not open_brackets:
                    break
                open_brackets -= 1
            self._at += 1
        return text[start : self._at]

    def _text_match(self, text: str, start: int, *, is_prefix: bool) -> TextMatch:
        found = tuple(words(text))
        if not found:
            raise FilterError(
                "There is no letter or digit here to search for.",
                position=start,
                hint='For signs, compare a field: OBX-5~"%".',
            )
        return TextMatch(found, is_prefix, (start, self._at))

    def _ends_word(self, at: int) -> bool:
        return at == len(self._text) or self._text[at] in ' \t\r\n)"(' or self._text[at].isspace()

    def _keyword(self) -> str:
        found = _KEYWORD.match(self._text, self._at)
        return found[1].lower() if found else ""

    def _take_keyword(self, keyword: str) -> bool:
        self._skip_blanks()
        if self._keyword() != keyword:
            return False
        self._at += len(keyword)
        self._skip_blanks()
        return True

    def _enter(self, start: int) -> None:
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise FilterError("This is nested too deeply.", position=start)

    def _skip_blanks(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _end(self) -> int:
        """Return where the text read so far ends, without blanks."""
        return len(self._text[: self._at].rstrip())
