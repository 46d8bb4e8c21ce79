"""What the tests of measures share: turns at given times, and what the database itself has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hl7console.engine.measures.measuring import Measures
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Curve, Scope

BEGIN_S = 1_772_409_600
"""2026-03-02, a Monday, at midnight UTC."""


@contextmanager
def measuring(store, **options: object) -> Iterator[Measures]:
    """Give measures of a store without a thread."""
    made = Measures(store.path, store.key, **options)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


@contextmanager
def measured(store) -> Iterator[MeasureReader]:
    """Give a reader of what was measured."""
    reader = MeasureReader(store.path, store.key)
    try:
        yield reader
    finally:
        reader.close()


def turn(measures: Measures, at_s: float) -> None:
    """Count all there is."""
    while measures.step(int(at_s * 1_000_000)):
        pass


def curve(
    store, scope: Scope, name: str, since_s: int, until_s: int, most_steps: int = 10_000
) -> Curve:
    """Return one curve."""
    with measured(store) as reader:
        return reader.curve(scope, name, since_s, until_s, most_steps=most_steps)


def counted(store, scope: Scope, name: str) -> tuple[int, int, int, int, int]:
    """Return all that was ever received, accepted, refused, twice there, and the bytes, by days."""
    found = curve(store, scope, name, BEGIN_S - 400 * 86400, BEGIN_S + 400 * 86400, 800)
    assert found.step_s == 86400
    columns = (found.received, found.accepted, found.refused, found.duplicates, found.size_bytes)
    return tuple(sum(column) for column in columns)  # type: ignore[return-value]


def in_database(store) -> tuple[int, int, int, int, int]:
    """Return the same of the messages that the database has."""
    rows = store.sql(
        "SELECT count(*), sum(status = 'ok'), sum(status <> 'ok'), sum(duplicate_of <> 0),"
        " sum(size_bytes) FROM messages JOIN kinds ON kinds.id = kind_id"
        " WHERE origin = 'received'"
    )
    return tuple(int(value or 0) for value in rows[0])  # type: ignore[return-value]
