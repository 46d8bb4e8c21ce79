"""The fields of a profile, compiled: for each column, how it is read and where it may stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.conversions import CLEARS, CONVERT, Convert, path_of
from hl7console.worklist.mapping.texts import NULL
from hl7console.worklist.profiles.columns import COLUMNS
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.profiles.sources import FieldSource
from hl7console.worklist.reading import Seg

Segments = Mapping[str, Seg]
"""The segment of each name that a row is made from."""

Place = tuple[str, int, FieldSource]
"""Segment, field, and the source."""
PlanRow = tuple[str, Convert, tuple[Place, ...]]


class Plan:
    """The columns of one area, with a shorter list for each set of segments that comes along.

    One thread at a time.
    """

    __slots__ = ("_rows", "_shapes", "names")

    def __init__(self, rows: Sequence[tuple[str, Convert, Sequence[FieldSource]]]) -> None:
        self._rows = rows
        self._shapes: dict[frozenset[str], tuple[PlanRow, ...]] = {}
        self.names = frozenset(source.segment for row in rows for source in row[2])
        """The segments that it looks at."""

    def rows_for(self, segments: Segments) -> tuple[PlanRow, ...]:
        """Return the columns with those of their places whose segments are there.

        A place is a fallback when the segment of one before it is there.
        """
        present = self.names.intersection(segments)
        rows = self._shapes.get(present)
        if rows is None:
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
            rows = self._shapes[present] = self._shape(present)
        return rows

    def _shape(self, present: frozenset[str]) -> tuple[PlanRow, ...]:
        rows = []
        for column, convert, sources in self._rows:
            places: list[Place] = []
            for source in sources:
                if source.segment in present:
                    rule = "fallback" if places else ""
                    places.append((source.segment, source.field, source._replace(rule=rule)))
            if places:
                rows.append((column, convert, tuple(places)))
        return tuple(rows)


_MOST_SHAPES = 500

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
    for column, convert, places in plan.rows_for(segments):
        null_path = ""
        for name, number, source in places:
            seg = segments[name]
            fields = seg.fields
            if number < len(fields) and (raw := fields[number]):
                if raw == NULL:
                    null_path = null_path or path_of(seg, source)
                elif convert(context, out, column, seg, source, raw):
                    break
        else:
            if null_path:
                for cleared in CLEARS.get(column, (column,)):
                    out.put(cleared, "", null_path, "null")
