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
