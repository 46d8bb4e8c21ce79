from __future__ import annotations

from hl7console.engine.events import KEPT_EVENTS, Timeline


def test_a_timeline_keeps_the_latest_and_counts_all():
    timeline = Timeline()
    assert timeline.latest_fault() is None
    for n in range(KEPT_EVENTS + 5):
        timeline.add("noise", f"{n}", peer="p")
    assert timeline.total == KEPT_EVENTS + 5
    assert len(timeline.all()) == KEPT_EVENTS
    assert timeline.all()[0].text == "5"
    timeline.add("tls", "a fault", is_fault=True)
    timeline.add("noise", "a note")
    fault = timeline.latest_fault()
    assert fault is not None
    assert fault.text == "a fault"


def test_the_same_event_in_a_row_displaces_no_others():
    timeline = Timeline()
    timeline.add("noise", "one")
    for n in range(1000):
        timeline.add("too_many_connections", "refused", peer=f"{n}", is_fault=True)
    first, last = timeline.all()
    assert first.text == "one"
    assert (last.count, last.peer) == (1000, "999")
    assert timeline.latest_fault() == last
