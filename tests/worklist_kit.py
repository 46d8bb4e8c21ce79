"""Reads the cases of `worklist_cases` and runs them through the projection."""

from __future__ import annotations

import calendar
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hl7console.worklist.entries import Entry, InputEntry, MessageEntry
from hl7console.worklist.projection import Projection
from hl7console.worklist.rows import CONFLICT, IDENTIFIER, KINDS, ORDER, PATIENT, STEP, VISIT, Row
from hl7console.worklist.state import State
from hl7console.worklist.turn import BAD_INPUT, Note, Outcome, Severity
from hl7console.worklist.undo import MemoryHistory

CASES = Path(__file__).parent / "worklist_cases"
STANDARD: dict[str, str] = tomllib.loads((CASES / "standard.toml").read_text(encoding="utf-8"))

CODECS = {
    "UNICODE UTF-8": "utf-8",
    "8859/1": "latin-1",
    "8859/5": "iso8859-5",
    "8859/7": "iso8859-7",
}
TYPES = {
    "ORM": "ORM^O01", "OMG": "OMG^O19^OMG_O19", "OMI": "OMI^O23^OMI_O23", "ORU": "ORU^R01",
    "ORR": "ORR^O02", "ORI": "ORI^O24", "ORG": "ORG^O20", "ACK": "ACK",
}  # fmt: skip
START = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)


@dataclass
class Case:
    """One case of a file."""

    area: str
    name: str
    rows: list[str]
    messages: str
    expect: list[str]
    profile: str = ""
    profile_text: str = ""

    def __str__(self) -> str:
        return f"{self.area}: {self.name}"


@dataclass
class Result:
    """What came of a case."""

    state: State
    outcomes: list[Outcome] = field(default_factory=list)

    def notes(self) -> list[Note]:
        return [note for outcome in self.outcomes for note in outcome.notes]


def load_cases(path: Path) -> list[Case]:
    """Return the cases of a file."""
    cases = []
    for raw in _spread(tomllib.loads(path.read_text(encoding="utf-8")).get("case", [])):
        row = raw.pop("row", [])
        options = raw.pop("options", "")
        text = raw.pop("profile_text", "")
        if options:
            text = f"[options]\n{options}\n{text}"
        messages = _repeated(raw.pop("messages"), raw.pop("repeat", 1))
        expect = [line.strip() for line in raw.pop("expect").splitlines()]
        cases.append(
            Case(
                path.stem, raw.pop("name"), [row] if isinstance(row, str) else row,
                messages, [line for line in expect if line and line[0] != "#"],
                raw.pop("profile", ""), text,
            )
        )  # fmt: skip
        assert not raw, f"{path.name}: unknown keys {sorted(raw)}"
    return cases


def _spread(raws: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the cases, one for each element of ``each``: {0}, {1} stand for its parts."""
    for raw in raws:
        for parts in raw.pop("each", [()]):
            filled = dict(raw)
            for key, value in raw.items():
                text = [value] if isinstance(value, str) else value
                for number, part in enumerate(parts):
                    text = [line.replace(f"{{{number}}}", part) for line in text]
                filled[key] = text[0] if isinstance(value, str) else text
            yield filled


def _repeated(messages: str, times: int) -> str:
    """Return the messages with the lines behind ``>`` written so many times, # counting them."""
    before, *rest = re.split(r"^(?=>)", messages, maxsplit=1, flags=re.MULTILINE)
    if not rest:
        return messages
    lines = [line[1:] for line in rest[0].splitlines()]
    return before + "\n".join(
        [line.replace("#", str(n + 1)) for n in range(times) for line in lines]
    )


def all_cases() -> list[Case]:
    """Return the cases of all files."""
    return [case for path in sorted(CASES.glob("*.toml")) for case in load_cases(path)]


def matrix_cases() -> list[Case]:
    """Return a case for each pair of states of the matrix."""
    matrix = tomllib.loads((CASES / "matrix" / "transitions.toml").read_text(encoding="utf-8"))
    status, through = matrix.pop("status"), matrix.pop("through")
    control = [
        f'{word}_{code} = "{state}"' for state, code in status.items() for word in ("SC", "NW")
    ]
    profile = "\n".join(["[control]", *control]) + "\n"
    cases = []
    for was, wanted in matrix.items():
        for target, verdict in wanted.items():
            if was == "none":
                words = ["CA CA" if target == "CANCELED" else f"NW {status[target]}"]
            else:
                steps = [step for step in (through.get(was), was, target) if step]
                words = ["NW SC", *[f"SC {status[step]}" for step in steps]]
            messages = "\n\n".join([f"@ORM\n@ORDER {word}" for word in words])
            expect = _matrix_expectations(was, target, verdict)
            name = f"{was} asked to be {target}: {verdict}"
            cases.append(Case("matrix", name, [], messages, expect, "", profile))
    return cases


def _matrix_expectations(was: str, target: str, verdict: str) -> list[str]:
    if was == "none" and target == "CANCELED":
        return ["count step 0", "waiting.what = tombstone", "flagged"]
    if verdict == "refuse":
        same = [f"step.state != {target}"] if was == "none" else [f"step.state = {was}"]
        return [*same, "count step 1", "error"]
    flags = {"flag": ["flagged"], "apply": ["unflagged last"], "nothing": ["unflagged last"]}
    return [f"step.state = {target}", *flags[verdict]]


# Messages.


def standard_segment(line: str) -> str:
    """Return the segment that ``@OBR 18=A7`` stands for."""
    name, _, rest = line[1:].partition(" ")
    return with_fields(STANDARD[name], rest)


def with_fields(segment: str, changes: str) -> str:
    """Return a segment with some fields changed: ``18=A7 24=MR``."""
    fields = segment.split("|")
    for number, value in re.findall(r"(\d+)=(.*?)(?=\s+\d+=|$)", changes):
        at = int(number)
        fields += [""] * (at + 1 - len(fields))
        fields[at] = value
    return "|".join(fields)


def order_segments(rest: str) -> list[str]:
    """Return the segments that ``@ORDER NW SC -ZDS PID-8=M 18=A7`` stands for."""
    words = re.match(r"((?:[A-Z]{2}|-)?)(?:\s+|$)((?:[A-Z]{1,2}(?=\s|$)|-(?=\s|$))?)\s*(.*)", rest)
    assert words, rest
    control, status, changes = words.groups()
    left_out = re.findall(r"(?:^|\s)-([A-Z]\w\w)\b", changes)
    segments = {name: STANDARD[name] for name in ("PID", "PV1", "ORC", "OBR", "ZDS")}
    segments["ORC"] = with_fields(segments["ORC"], f"1={control.strip('-')} 5={status.strip('-')}")
    for name, number, value in _CHANGE.findall(changes):
        place = f"{number}={value}"
        if not name and number in ("2", "3"):
            segments["ORC"] = with_fields(segments["ORC"], place)
        segments[name or "OBR"] = with_fields(segments[name or "OBR"], place)
    return [segment for name, segment in segments.items() if name not in left_out]


_CHANGE = re.compile(r"(?:([A-Z]\w\w)-)?(\d+)=(.*?)(?=\s+(?:[A-Z]\w\w-)?\d+=|\s+-[A-Z]\w\w\b|$)")


def microseconds(text: str) -> int:
    """Return a time ``YYYYMMDDHHMMSS`` as microseconds since 1970."""
    return calendar.timegm(datetime.strptime(text, "%Y%m%d%H%M%S").timetuple()) * 1_000_000  # noqa: DTZ007


class Journal:
    """Makes the entries of a case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.messages = 0
        self.inputs = 0
        self.now = START
        self.listeners: set[str] = set()

    def entries(self) -> Iterator[Entry]:
        """Yield them in order."""
        for block in re.split(r"\n[ \t]*\n", self.case.messages.strip("\n")):
            lines = [line for line in block.strip("\n").splitlines() if not line.startswith("#")]
            if not lines:
                continue
            word, _, rest = lines[0].partition(" ")
            if word in ("MPPS", "OPERATOR", "SERVED", "CODES", "CROSSREF"):
                yield self._input(word, " ".join([rest, *lines[1:]]))
            else:
                yield from self._message(lines)

    def _input(self, word: str, rest: str) -> InputEntry:
        self.now += timedelta(minutes=1)
        kind, body = word.lower(), {}
        if word == "MPPS":
            body = mpps_body(rest)
        elif word == "SERVED":
            body = {"study_uids": rest.split()}
        else:
            body = json.loads(rest)
        return self._entry(kind, body)

    def _entry(self, kind: str, body: dict[str, Any]) -> InputEntry:
        self.inputs += 1
        return InputEntry(-self.inputs, int(self.now.timestamp()) * 1_000_000, kind, body, "tester")

    def _message(self, lines: list[str]) -> Iterator[Entry]:
        segments: list[str] = []
        told: dict[str, str] = {}
        for line in lines:
            name = line[1:].partition(" ")[0]
            if not line.startswith("@"):
                segments.append(line)
            elif not segments and name not in STANDARD:
                told = self._told(line[1:])
                segments.append(told["MSH"])
            elif name == "ORDER":
                segments += order_segments(line[7:])
            else:
                segments.append(standard_segment(line))
        told = told and self._as_late_as_evn(told, segments)
        listener = told.get("listener", "main")
        if listener not in self.listeners and (self.case.profile or self.case.profile_text):
            self.listeners.add(listener)
            yield self._profile(listener)
        self.messages += 1
        at = microseconds(told["received"]) if told else int(self.now.timestamp()) * 1_000_000
        raw = ("\r".join(segments) + "\r").encode(CODECS.get(told.get("charset", ""), "utf-8"))
        yield MessageEntry(self.messages, at, raw, listener, "", is_duplicate="duplicate" in told)

    def _as_late_as_evn(self, told: dict[str, str], segments: list[str]) -> dict[str, str]:
        """Return the header's values, MSH-7 at EVN-2 where that is later and no time is told."""
        events = [segment.split("|")[2] for segment in segments if segment.startswith("EVN|")]
        if events and "at" not in told and events[0] > self.now.strftime("%Y%m%d%H%M%S"):
            stamp = events[0]
            self.now = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            fields = segments[0].split("|")
            segments[0] = "|".join([*fields[:6], stamp, *fields[7:]])
            told["received"] = (self.now + timedelta(seconds=2)).strftime("%Y%m%d%H%M%S")
        return told

    def _profile(self, listener: str) -> InputEntry:
        case = self.case
        text = shipped_profile(case.profile) if case.profile else 'base = "default"\n'
        if case.profile and case.profile_text:
            text = f'base = "{case.profile}"\n'
        body = {
            "listener": listener,
            "name": case.profile or "case",
            "text": text + case.profile_text,
        }
        return self._entry("profile", body)

    def _told(self, line: str) -> dict[str, str]:
        words = re.findall(r"(\w+)=(.*?)(?=\s+\w+=|\s+duplicate$|$)", line)
        told = dict(words)
        if line.endswith(" duplicate"):
            told["duplicate"] = "1"
        kind = line.split(" ")[0]
        event = re.match(r"\w+ ([A-Z]\d\d)\b", line)
        message = f"{kind}^{event[1]}" if event else TYPES[kind]
        self.now += timedelta(minutes=1)
        at = told.get("at", self.now.strftime("%Y%m%d%H%M%S"))
        sender = told.get("from", "RIS|HOSP")
        version = "2.5.1" if kind in ("OMI", "OMG") else "2.3.1"
        if re.fullmatch(r"\d{14}", at):
            self.now = max(self.now, datetime.strptime(at, "%Y%m%d%H%M%S").replace(tzinfo=UTC))
        number = told.get("id", f"M{self.messages + 1}")
        told["MSH"] = f"MSH|^~\\&|{sender}|HL7CONSOLE|RAD|{at}||{message}|{number}|P|{version}" + (
            f"||||||{told['charset']}" if told.get("charset") else ""
        )
        if "received" not in told:
            stamp = re.match(r"\d{14}", at)
            base = (
                datetime.strptime(stamp[0], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
                if stamp
                else self.now
            )
            told["received"] = (base + timedelta(seconds=2)).strftime("%Y%m%d%H%M%S")
        return told


def shipped_profile(name: str) -> str:
    """Return the text of a shipped profile."""
    path = Path(__file__).parents[1] / "resources" / "worklist_profiles" / f"{name}.toml"
    return path.read_text(encoding="utf-8")


def mpps_body(rest: str) -> dict[str, Any]:
    """Return the input that ``create 1.9.1 IN PROGRESS study=1.2 sps=S1`` stands for."""
    head, *_ = re.split(r"\s+\w+=", rest, maxsplit=1)
    operation, uid, status = head.split(" ", 2)
    told = dict(re.findall(r"(\w+)=(.*?)(?=\s+\w+=|$)", rest))
    values: dict[str, Any] = {"PerformedProcedureStepStatus": status.strip()}
    names = {"patient": "PatientID", "issuer": "IssuerOfPatientID", "modality": "Modality"}
    values |= {keyword: told[word] for word, keyword in names.items() if word in told}
    if operation == "create":
        values["PerformedProcedureStepStartDate"] = told.get("date", "20261104")
        values["PerformedProcedureStepStartTime"] = told.get("time", "093500")
        values["ScheduledStepAttributesSequence"] = [
            {
                "StudyInstanceUID": told.get("study", ""),
                "AccessionNumber": told.get("accession", ""),
                "RequestedProcedureID": told.get("rp", ""),
                "ScheduledProcedureStepID": sps,
            }
            for sps in told.get("sps", "").split("+")
        ]
    if "reason" in told:
        code, meaning = told["reason"].split("^")
        values["PerformedProcedureStepDiscontinuationReasonCodeSequence"] = [
            {"CodeValue": code, "CodingSchemeDesignator": "DCM", "CodeMeaning": meaning}
        ]
    return {
        "operation": operation, "sop_uid": uid, "calling_aet": told.get("aet", "CT1"),
        "values": values,
    }  # fmt: skip


def run(case: Case) -> Result:
    """Apply all entries of a case to an empty state."""
    projection = Projection(State(), history=MemoryHistory())
    result = Result(projection.state)
    for entry in Journal(case).entries():
        outcome, _rows = projection.apply(entry)
        result.outcomes.append(outcome)
    return result


# Expectations.

LINE = "line"
_PARTS = (STEP, ORDER, VISIT, PATIENT)
_COLUMN = re.compile(
    r"(?P<kind>\w+)(?: (?P<key>[^=]*?))?\.(?P<column>\w+)\s*(?P<op>!=|=|~|has|lacks|is set)\s*"
    r"(?P<value>.*?)(?:\s*<-\s*(?P<path>\S+)(?:\s+\((?P<rule>\w+)\))?)?$"
)


class UnmetError(AssertionError):
    """An expectation that doesn't hold."""


def check(case: Case, result: Result) -> list[str]:
    """Return what does not hold."""
    wrong = [
        f"message {outcome.number}: fault of ours: {note.args}"
        for outcome in result.outcomes
        for note in outcome.notes
        if note.rule == "fault"
    ]
    refused = {o.number for o in result.outcomes if o.is_refused}
    for line in case.expect:
        try:
            _check_line(line, result, refused)
        except UnmetError as unmet:
            wrong.append(f"{line}: {unmet}")
    for number in sorted(refused):
        rules = [n.rule for o in result.outcomes if o.number == number for n in o.notes]
        wrong.append(f"message {number} was refused: {rules}")
    return wrong


def _check_line(line: str, result: Result, refused: set[int]) -> None:
    word, _, rest = line.partition(" ")
    if word == "count":
        _check_count(rest, result.state)
    elif word == "refused":
        _check_refused(rest, result, refused)
    elif word == "flagged":
        _need(any(_is_flag(n) for n in result.outcomes[-1].notes), "no flag")
    elif word in ("flag", "error", "ignored", "info"):
        _check_note(word, rest, result)
    elif line == "unflagged last":
        flags = [n.rule for n in result.outcomes[-1].notes if n.severity == Severity.FLAG]
        _need(not flags, f"flags {flags}")
    elif word == "unflagged":
        _need(not _flags(result), f"flags {_flags(result)}")
    else:
        found = _COLUMN.match(line)
        assert found, f"can't read: {line}"
        _check_column(found, result.state)


def _is_flag(note: Note) -> bool:
    return note.severity == Severity.FLAG or note.rule in BAD_INPUT


def _need(holds: object, text: str) -> None:
    if not holds:
        raise UnmetError(text)


def _flags(result: Result) -> list[str]:
    rows = [row for kind in KINDS for row in result.state.all(kind)]
    on_rows = [str(flag) for row in rows for flag in row.list("flags")]
    noted = [note.rule for note in result.notes() if _is_flag(note)]
    return sorted({*on_rows, *noted})


def _check_count(rest: str, state: State) -> None:
    kind, number = rest.split(" ")
    if kind == "active":
        rows = [row for row in state.all(PATIENT) if not row.number("merged_into")]
    else:
        rows = list(state.all(kind))
    _need(len(rows) == int(number), f"there are {len(rows)}")


def _check_refused(rest: str, result: Result, refused: set[int]) -> None:
    which, _, after = rest.partition(" ")
    if which.isdigit():
        outcome = next(o for o in result.outcomes if o.number == int(which))
        rest = after
    else:
        outcome = result.outcomes[-1]
    _need(outcome.is_refused, f"it was not; notes {[n.rule for n in outcome.notes]}")
    refused.discard(outcome.number)
    if rest:
        _match_note(rest, [n for n in outcome.notes if n.severity == Severity.ERROR])


def _check_note(word: str, rest: str, result: Result) -> None:
    notes = [note for note in result.notes() if note.severity == Severity(word)]
    if word == "flag" and " at " not in rest:
        _need(rest in _flags(result), f"flags {_flags(result)}")
        return
    _need(notes, f"no {word}; notes {[(n.rule, str(n.severity)) for n in result.notes()]}")
    if rest:
        _match_note(rest, notes)


def _match_note(rest: str, notes: list[Note]) -> None:
    code, _, path = rest.partition(" at ")
    if rest.startswith("at "):
        code, path = "", rest[3:]
    found = [n for n in notes if (not code or n.rule == code) and (not path or n.path == path)]
    _need(found, f"notes {[(n.rule, n.path) for n in notes]}")


_KEYS = {"document": "document_no", ORDER: "placer_no", STEP: "sps_id", VISIT: "visit_no"}


def _row(state: State, kind: str, key: str) -> Row:
    rows = list(state.all(kind))
    if key:
        if kind == PATIENT:
            people = {
                i.number("patient") for i in state.all(IDENTIFIER) if i.text("id_value") == key
            }
            exact = [row for row in rows if row.text("patient_id") == key]
            rows = exact or [row for row in rows if row.id in people]
        else:
            own = [row for row in rows if row.text(_KEYS.get(kind, "")) == key]
            rows = own or [row for row in rows if key in list(row.values.values())]
    if kind == PATIENT and len(rows) > 1:
        rows = [row for row in rows if not row.number("merged_into")]
    if len(rows) != 1:
        raise UnmetError(f"{len(rows)} rows of kind {kind} {key}")
    return rows[0]


def line_values(state: State, step: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a worklist line's columns and their sources."""
    from hl7console.worklist import lines

    line = lines.line_of(state, step)
    return dict(line.values), dict(line.sources)


def _check_column(found: re.Match[str], state: State) -> None:
    kind, key, column = found["kind"], found["key"] or "", found["column"]
    if kind == LINE:
        values, sources = line_values(state, _row(state, STEP, key))
    else:
        row = _row(state, kind, key)
        values, sources = row.values, row.sources
    value = values.get(column, "")
    if column in ("patient", "order", "visit", "merged_into", "parent", "replaced_by", "replaces"):
        value = _named(state, column, value)
    _compare(value, found["op"], found["value"].strip())
    path = found["path"]
    if path:
        source = sources.get(column)
        _need(source is not None, f"{value!r} without a source")
        if path != "?":
            _need(_is_under(source.path, path), f"came from {source.path!r} ({source.rule})")
        if found["rule"]:
            _need(source.rule == found["rule"], f"by rule {source.rule!r} from {source.path}")


def _is_under(path: str, wanted: str) -> bool:
    """Return whether a path is the wanted one, or a part of it."""
    return path == wanted or (path.startswith(wanted) and path[len(wanted)] in ".([")


_NAMES = {
    "patient": (PATIENT, "patient_id"), "merged_into": (PATIENT, "patient_id"),
    "visit": (VISIT, "visit_no"), "order": (ORDER, "placer_no"), "parent": (ORDER, "placer_no"),
    "replaced_by": (ORDER, "placer_no"), "replaces": (ORDER, "placer_no"),
}  # fmt: skip


def _named(state: State, column: str, value: Any) -> Any:
    """Return a link to a row as the number that the row is known by."""
    kind, name = _NAMES[column]
    row = state.get(kind, value) if isinstance(value, int) and value else None
    return row.text(name) if row else value or ""


def _plain(value: Any) -> Any:
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _compare(value: Any, op: str, wanted: str) -> None:
    value = _plain(value)
    if op == "is set":
        _need(value, "it is empty")
    elif op == "has":
        _need(wanted in [str(part) for part in value or []], f"it is {value!r}")
    elif op == "lacks":
        _need(wanted not in [str(part) for part in value or []], f"it is {value!r}")
    elif op == "~":
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        _need(wanted in text, f"it is {value!r}")
    else:
        expected: Any = json.loads(wanted) if wanted.startswith("[") else wanted.replace('""', "")
        same = value == expected if isinstance(expected, list) else _text(value) == expected
        _need(same == (op == "="), f"it is {value!r}")


def _text(value: Any) -> str:
    return "" if value in (None, 0, []) else str(value)


__all__ = [
    "CASES",
    "CONFLICT",
    "Case",
    "Journal",
    "all_cases",
    "check",
    "load_cases",
    "matrix_cases",
    "run",
]
