"""Counts of batches."""

from __future__ import annotations

from hl7console.hl7v2.splitting.batches import BatchCounter


def texts(problems):
    return [problem.text for problem in problems]


def test_right_counts():
    counter = BatchCounter()
    assert not counter.is_open
    assert counter.segment("FHS", b"FHS|^~\\&", 0) == []
    assert counter.is_open
    for _ in range(2):
        assert counter.segment("BHS", b"BHS|^~\\&", 1) == []
        counter.message()
        assert counter.segment("BTS", b"BTS|1|x", 2) == []
    assert counter.segment("FTS", b"FTS|2", 3) == []
    assert not counter.is_open
    assert counter.end() == []


def test_other_separators_and_empty_counts():
    counter = BatchCounter()
    counter.segment("BHS", b"BHS^~|\\&", 0)
    counter.message()
    assert texts(counter.segment("BTS", b"BTS^2", 5)) == ["BTS-1 says 2 messages; there are 1."]
    for line in (b"BTS", b"BTS|", b"BTS||x", b"BTS| "):
        counter.segment("BHS", b"BHS|", 0)
        assert counter.segment("BTS", line, 5) == []


def test_what_is_no_number():
    counter = BatchCounter()
    counter.segment("BHS", b"BHS|", 0)
    counter.message()
    assert texts(counter.segment("BTS", b"BTS|one", 5)) == [
        "BTS-1 is no number; there are 1 message."
    ]
    counter.segment("FHS", b"FHS|", 6)
    assert texts(counter.segment("FTS", b"FTS|9999999999999", 7)) == [
        "FTS-1 is no number; there are 0 batches."
    ]


def test_trailers_that_close_nothing():
    counter = BatchCounter()
    assert texts(counter.segment("BTS", b"BTS|1", 3)) == ["A BTS segment closes nothing."]
    assert texts(counter.segment("FTS", b"FTS|1", 3)) == ["A FTS segment closes nothing."]


def test_headers_that_are_not_closed():
    counter = BatchCounter()
    counter.segment("FHS", b"FHS|", 0)
    counter.segment("BHS", b"BHS|", 5)
    assert texts(counter.segment("BHS", b"BHS|", 9)) == ["The batch has no BTS segment."]
    assert texts(counter.segment("FTS", b"FTS|2", 12)) == ["The batch has no BTS segment."]
    counter.segment("FHS", b"FHS|", 20)
    problems = counter.segment("FHS", b"FHS|", 25)
    assert texts(problems) == ["The file of batches has no FTS segment."]
    assert problems[0].offset == 20
    counter.segment("BHS", b"BHS|", 30)
    assert [p.offset for p in counter.end()] == [30, 25]
