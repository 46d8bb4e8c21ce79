"""The fields of a profile, compiled: for each column, how it is read and where it may stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hl7console.hl7v2.delimiters import Delimiters
from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.conversions import CLEARS, CONVERT, Convert, path_of
from hl7console.worklist.mapping.texts import NULL
from hl7console.worklist.profiles.columns import COLUMNS
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.profiles.sources import FieldSource
from hl7console.worklist.reading import Seg
from hl7console.worklist.rows import Value

Segments = Mapping[str, Seg]
"""The segment of each name that a row is made from."""

Told = tuple[bool, tuple[tuple[str, Value, str, str], ...]]
"""What a field says: whether it has a value; column, value, path and rule of each that it puts."""
Memory = dict[str, Told | None]
"""By the field as it is written: what it says; None for what is odd, and is read anew each time."""
Place = tuple[str, int, FieldSource, Memory | None]
"""Segment, field, the source, and what was read there before."""
PlanRow = tuple[str, Convert, tuple[Place, ...]]
Shapes = dict[frozenset[str], tuple[PlanRow, ...]]

_REMEMBERED = frozenset(
    {"code", "xcn", "xcns", "cnn", "place", "sex", "modality", "titles", "texts", "names"}
)
"""Kinds of values that come again and again; texts do too, those of a person aside."""
_LONGEST = 120
_MOST_TOLD = 20_000
_MOST_SHAPES = 500


class Plan:
    """The columns of one area, with a shorter list for each set of segments that comes along.

    Doctors, rooms and procedures are the same in thousands of messages: what their fields say is
    remembered.
    """

    __slots__ = ("_last", "_memories", "_rows", "_shapes", "_told", "names")

    def __init__(self, rows: Sequence[tuple[str, Convert, Sequence[FieldSource]]]) -> None:
        self._rows = rows
        self._shapes: dict[Delimiters, Shapes] = {}
        self._last: tuple[Delimiters | None, Shapes] = (None, {})
        self._memories: list[Memory] = []
        self._told = 0
        self.names = frozenset(source.segment for row in rows for source in row[2])
        """The segments that it looks at."""

    def rows_for(self, segments: Segments, delimiters: Delimiters) -> tuple[PlanRow, ...]:
        """Return the columns with those of their places whose segments are there.

        A place is a fallback when the segment of one before it is there.
        """
        last, shapes = self._last  # in one go: another thread may read with other delimiters
        if last is not delimiters:
            shapes = self._shapes.setdefault(delimiters, {})
            self._last = delimiters, shapes
        present = self.names.intersection(segments)
        rows = shapes.get(present)
        if rows is None:
            if sum(map(len, self._shapes.values())) >= _MOST_SHAPES:
                self._shapes.clear()
                self._memories.clear()
                shapes = self._shapes.setdefault(delimiters, {})
                self._last = delimiters, shapes
            rows = shapes[present] = self._shape(present)
        return rows

    def _shape(self, present: frozenset[str]) -> tuple[PlanRow, ...]:
        rows = []
        for column, convert, sources in self._rows:
            places: list[Place] = []
            area, kind, _ = COLUMNS[column]
            is_remembered = kind in _REMEMBERED or (kind == "text" and area != "patient")
            for source in sources:
                if source.segment in present:
                    memory: Memory | None = {} if is_remembered else None
                    if memory is not None:
                        self._memories.append(memory)
                    source = source._replace(rule="fallback" if places else "")
                    places.append((source.segment, source.field, source, memory))
            if places:
                rows.append((column, convert, tuple(places)))
        return tuple(rows)

    def learn(
        self, context: Context, convert: Convert, column: str, seg: Seg, place: Place, raw: str
    ) -> Told | None:
        """Read a field and remember what it says; None where it has to be read anew each time."""
        source, memory = place[2:]
        if memory is None or len(raw) > _LONGEST or seg.view.delimiters.escape in raw:
            return None
        if self._told >= _MOST_TOLD:
            self._told = 0
            for full in self._memories:
                full.clear()
        probe = Mapped()
        is_found = convert(context, probe, column, seg, source, raw)
        told: Told | None = None
        if not probe.flags:
            told = (
                is_found,
                tuple(
                    (name, value, probe.paths[name], probe.rules.get(name, ""))
                    for name, value in probe.values.items()
                ),
            )
        memory[raw] = told
        self._told += 1
        return told


AREAS = ("patient", "visit", "order", "step")


def compile_plans(profile: Profile) -> dict[str, object]:
    """Return the plan of each area."""
    return {
        area: Plan(
            [
                (column, CONVERT[COLUMNS[column].kind], sources)
                for column, sources in profile.fields.items()
                if COLUMNS[column].area == area
            ]
        )
        for area in AREAS
    }


_EMPTY = Plan(())


def plan_of(profile: Profile, area: str) -> Plan:
    """Return the compiled plan of an area."""
    plan = profile.plans.get(area)
    return plan if isinstance(plan, Plan) else _EMPTY


def fill(context: Context, plan: Plan, segments: Segments, out: Mapped) -> None:
    """Put the columns of a plan, each from the first of its places that has a value.

    A column whose fields are only ``""`` is put as "": cleared.
    """
    for column, convert, places in plan.rows_for(segments, context.view.delimiters):
        null_path = ""
        is_found = False
        for place in places:
            name, number, source, memory = place
            seg = segments[name]
            fields = seg.fields
            if number >= len(fields) or not (raw := fields[number]):
                continue
            if raw == NULL:
                null_path = null_path or path_of(seg, source)
                continue
            if memory is not None and seg.number == 1 and (told := memory.get(raw)) is not None:
                _put(out, told[1])
                is_found = told[0]
            else:
                is_found = _read(context, plan, out, column, convert, seg, place, raw)
            if is_found:
                break
        if null_path:
            _after_null(out, column, null_path, is_found)


def _read(
    context: Context, plan: Plan, out: Mapped, column: str, convert: Convert, seg: Seg,
    place: Place, raw: str,
) -> bool:  # fmt: skip
    """Read a field anew, remember what it says, and name it as the path of its flags."""
    source, memory = place[2:]
    if memory is not None and seg.number == 1 and raw not in memory:
        told = plan.learn(context, convert, column, seg, place, raw)
        if told is not None:
            _put(out, told[1])
            return told[0]
    known = len(out.flags)
    is_found = convert(context, out, column, seg, source, raw)
    for flag in out.flags[known:]:
        out.flag(flag, path_of(seg, source))
    return is_found


def _after_null(out: Mapped, column: str, path: str, is_found: bool) -> None:
    """Clear a column whose fields were null; mark a value that stands in for a null field."""
    for cleared in CLEARS.get(column, (column,)):
        if not is_found:
            out.put(cleared, "", path, "null")
        elif out.rules.get(cleared) == "fallback":
            out.rules[cleared] = "fallback_for_null"


def _put(out: Mapped, told: tuple[tuple[str, Value, str, str], ...]) -> None:
    for column, value, path, rule in told:
        out.values[column] = value
        out.paths[column] = path
        if rule:
            out.rules[column] = rule
