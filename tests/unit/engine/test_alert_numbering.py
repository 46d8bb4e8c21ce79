"""Numbers and times of one sender: what is out of order, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.alerts.kinds.numbering import Faults, Feed, numbered_of, time_of

NOW_S = 1_767_225_600
"""2026-01-01, midnight UTC."""

HOUR_S = 3_600


def utc(_at_s: int) -> int:
    return 0


def followed(control_ids: list[str]) -> tuple[int, int]:
    """Return how many ran backwards, and how many are missing."""
    feed = Feed()
    for place, control_id in enumerate(control_ids):
        feed.take(control_id, b"", (NOW_S + place) * 1_000_000, place + 1, utc)
    found = feed.faults or Faults(0, 0)
    return found.backwards, found.missing


def ids(*numbers: int, form: str = "LAB{:06d}") -> list[str]:
    return [form.format(number) for number in numbers]


COUNTED = list(range(100, 110))


@pytest.mark.parametrize(
    ("control_ids", "expected"),
    [
        (ids(*COUNTED), (0, 0)),
        (ids(*COUNTED, 111), (0, 1)),
        (ids(*COUNTED, 120, 121), (0, 10)),
        (ids(*COUNTED, 105), (1, 0)),
        (ids(*COUNTED, 109, 109, 110), (0, 0)),  # the same again is a matter of duplicates
        (ids(*COUNTED, 111, 110, 112), (1, 0)),  # the missing one came after all
        (ids(*COUNTED, 0, 1, 2), (0, 0)),  # a counter that begins anew
        (ids(*COUNTED, 1, 2), (0, 0)),
        (ids(*COUNTED, 2, 3), (1, 0)),
        (ids(100, 101, 102, 103, 104, 106), (0, 0)),  # four steps by one don't make it a counter
        (ids(100, 101, 102, 103, 104, 105, 107), (0, 1)),
        (ids(*range(99, 102), form="{}"), (0, 0)),  # without leading zeros
        (ids(*range(95, 105), 106, form="{}"), (0, 1)),
        (ids(*range(0, 200, 2)), (0, 0)),  # always every other one
        (["A", "B", "C", ""], (0, 0)),
        (["GUID-" + c * 8 + "7" for c in "fadebc"], (0, 0)),
        (ids(7, 3, 9, 1, 12, 5, 40, 2, 33), (0, 0)),  # made at random
        ([f"202601010000{s:02d}" for s in (*range(10), 40, 41)], (0, 0)),  # a time of day
        ([f"2026010100{m:02d}59" for m in range(10)], (0, 0)),
        ([f"X{n}Y{n}" for n in range(9)], (0, 0)),
        (["٣٤٥", "²", "1٣", "٣", "Ⅷ"], (0, 0)),
        (["9" * 400] * 3 + ["9" * 399 + "1"], (0, 0)),
    ],
)
def test_what_is_out_of_order(control_ids: list[str], expected: tuple[int, int]) -> None:
    assert followed(control_ids) == expected


@pytest.mark.parametrize(
    ("control_id", "expected"),
    [
        ("LAB0012", ("LAB", 12)),
        ("7", ("", 7)),
        ("A-1-", None),
        ("", None),
        ("٣", None),
        ("²", None),
        ("1" * 30, ("1" * 12, int("1" * 18))),
    ],
)
def test_which_number_a_control_id_is(control_id, expected) -> None:
    assert numbered_of(control_id) == expected


@given(st.integers(0, 10**12), st.lists(st.booleans(), min_size=10, max_size=80))
def test_that_exactly_what_is_left_out_is_missing(first: int, kept: list[bool]) -> None:
    numbers = [first + n for n in range(6)]
    # One left out at a time, with enough between to stay a sender that counts.
    at = numbers[-1]
    left_out = 0
    for keep in kept:
        at += 1 if keep else 2
        left_out += not keep
        numbers += range(at, at + 6)
        at += 5
    assert followed(ids(*numbers, form="{}")) == (0, left_out)


@given(st.lists(st.text(max_size=25), max_size=60))
def test_that_no_control_id_does_harm(control_ids: list[str]) -> None:
    backwards, missing = followed(control_ids)
    assert backwards >= 0
    assert missing >= 0


def test_that_names_made_up_for_each_message_take_no_memory() -> None:
    feed = Feed()
    for number in range(1_000):
        feed.take(f"{number}x1", b"", NOW_S, 1, utc)
    assert len(feed._counters) < 20


# Times.


def header(time: str) -> bytes:
    return f"MSH|^~\\&|A|B|C|D|{time}||ADT^A01|1|P|2.5\r".encode()


def timed(*times: tuple[str, int], zone=utc) -> tuple[int, int]:
    """Return how many of these times, received at these seconds, are late, and in the future."""
    feed = Feed()
    for time, received_s in times:
        feed.take("", header(time), received_s * 1_000_000, 1, zone)
    found = feed.faults or Faults(0, 0)
    return found.late_times, found.future_times


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((("20260101000000", NOW_S), ("20251231235900", NOW_S + 1)), (0, 0)),  # a minute: fine
        ((("20260101000000", NOW_S), ("20251231235859", NOW_S + 1)), (1, 0)),
        ((("20260101010000", NOW_S),), (0, 0)),  # an hour ahead: fine
        ((("20260101010001", NOW_S),), (0, 1)),
        ((("20260101030000+0200", NOW_S),), (0, 0)),
        ((("20260101030001+0200", NOW_S),), (0, 1)),
        ((("20260101050000+0200", NOW_S), ("20260101000100", NOW_S + 60)), (0, 1)),
        ((("209901010000", NOW_S), ("20260101000000", NOW_S)), (0, 1)),  # 2099 is no measure
        ((("20260101000500", NOW_S + 300), ("20260101000300", NOW_S + 301),
          ("20260101000301", NOW_S + 302)), (1, 0)),
        ((("20260101", NOW_S), ("2026", NOW_S), ("", NOW_S), ("20261301000000", NOW_S)), (0, 0)),
        ((("99991231235959", NOW_S), ("99992431295999", NOW_S), ("00000000000000", NOW_S)), (0, 1)),
        ((("20260101000000+9900", NOW_S), ("20260101000000-9999", NOW_S)), (0, 0)),
    ],
)  # fmt: skip
def test_which_times_are_out_of_order(times, expected) -> None:
    assert timed(*times) == expected


AUTUMN_S = 1_792_890_000
"""2026-10-25 01:00 UTC: clocks in Berlin go back from 03:00 to 02:00."""


def berlin(at_s: int) -> int:
    return 2 * HOUR_S if at_s < AUTUMN_S else HOUR_S


def test_that_the_end_of_summer_time_is_no_time_that_runs_backwards() -> None:
    sender_behind = [
        ("20261025025950", AUTUMN_S - 10), ("20261025025958", AUTUMN_S + 1),
        ("20261025020005", AUTUMN_S + 5), ("20261025020100", AUTUMN_S + 60),
        ("20261025040000", AUTUMN_S + 2 * HOUR_S),
    ]  # fmt: skip
    assert timed(*sender_behind, zone=berlin) == (0, 0)
    sender_in_utc = [
        ("20261025005900", AUTUMN_S - 60), ("20261025010100", AUTUMN_S + 60),
        ("20261025030000", AUTUMN_S + 2 * HOUR_S),
    ]  # fmt: skip
    assert timed(*sender_in_utc, zone=berlin) == (0, 0)


def test_that_its_beginning_is_none_for_a_sender_in_utc() -> None:
    spring_s = 1_774_746_000

    def zone(at_s: int) -> int:
        return HOUR_S if at_s < spring_s else 2 * HOUR_S

    times = [("20260329005900", spring_s - 60), ("20260329010100", spring_s + 60),
             ("20260329015950", spring_s + HOUR_S - 10),
             ("20260329020010", spring_s + HOUR_S + 10)]  # fmt: skip
    assert timed(*times, zone=zone) == (0, 0)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (header("20260101000000"), (NOW_S, None)),
        (header("202601010000"), (NOW_S, None)),
        (header("20260101000000.1234"), (NOW_S, None)),
        (header("20260101000000-0130"), (NOW_S, -5_400)),
        (header("20260101000000^X"), (NOW_S, None)),
        (header("2026010100000"), None),
        (header("20260101240000"), (NOW_S + 86_400, None)),
        (header("٢٠٢٦٠١٠١٠٠٠٠"), None),
        (b"", None),
        (b"MSH", None),
        (b"MSH|", None),
        (b"MSH|^~\\&|A\rPID|||||20260101000000|", None),
        (b"\x0bMSH#^~\\&#A#B#C#D#20260101000000#", (NOW_S, None)),
    ],
)
def test_which_time_a_header_has(start, expected) -> None:
    assert time_of(start) == expected


@given(st.binary(max_size=300))
def test_that_no_bytes_do_harm(start: bytes) -> None:
    time_of(start)
    time_of(b"MSH|^~\\&|||||" + start)
