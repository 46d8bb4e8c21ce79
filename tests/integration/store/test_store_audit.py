from __future__ import annotations

import pytest

from hl7console.store import audit
from hl7console.store.audit import AuditEntry


@pytest.fixture
def trail(store):
    def write(db) -> None:
        for n in range(5):
            audit.append(db, AuditEntry("message viewed", "ann", f"message {n}", "", "ä"), n)

    store.writer.call(write, label="x").result(10)
    return store


def verify(store):
    return store.writer.call(audit.verify, label="x").result(10)


def test_an_untouched_trail_is_whole(trail):
    check = verify(trail)
    assert (check.is_intact, check.rows, check.bad_id) == (True, 5, 0)
    newest = trail.writer.call(lambda db: audit.read(db, limit=2), label="x").result(10)
    assert [row.id for row in newest] == [5, 4]
    assert newest[0].subject == "message 4"


def test_an_empty_trail_is_whole(store):
    assert verify(store).is_intact


@pytest.mark.parametrize(
    ("statement", "bad_id"),
    [
        ("UPDATE audit SET user = 'bob' WHERE id = 3", 3),
        ("UPDATE audit SET at_us = 99 WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id = 2", 3),
        ("DELETE FROM audit WHERE id = 5", 5),
        ("DELETE FROM audit", 1),
        ("UPDATE audit SET hash = x'00' WHERE id = 4", 4),
        ("UPDATE audit SET id = -1 WHERE id = 1", -1),
    ],
)
def test_every_change_is_found(trail, statement, bad_id):
    trail.sql(statement)
    check = verify(trail)
    assert (check.is_intact, check.bad_id) == (False, bad_id)


def test_a_row_put_in_is_found(trail):
    trail.sql(
        "INSERT INTO audit SELECT 6, at_us, user, action, subject, reason, details, hash, hash"
        " FROM audit WHERE id = 5"
    )
    assert verify(trail).bad_id == 6


def test_long_trails_are_read_in_parts(store, monkeypatch):
    monkeypatch.setattr(audit, "_READ_AT_ONCE", 2)
    for n in range(5):
        store.writer.call(lambda db, n=n: audit.append(db, AuditEntry("x", "y"), n), label="x")
    assert verify(store).rows == 5
