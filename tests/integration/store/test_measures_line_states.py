"""How many lines of the worklist there were in each state, as measures keep it."""

from __future__ import annotations

from measures_store_kit import BEGIN_S, measured, measuring, turn

from hl7console.store.measures.records import Scope


def test_lines_by_state_are_kept_in_steps_of_every_width_and_end_with_what_is_known(store):
    counts = {"SCHEDULED": 12, "COMPLETED": 200_000}
    with measuring(
        store, sample=lambda _: {(Scope.STEPS, state): (n, 0, 0) for state, n in counts.items()}
    ) as measures:
        for second in range(240):
            if second == 90:
                counts.update(SCHEDULED=11, STARTED=1)
            if second == 150:
                counts.clear()
            turn(measures, BEGIN_S + second)
        measures.finish((BEGIN_S + 240) * 1_000_000)
    with measured(store) as reader:
        found = reader.curves(Scope.STEPS, BEGIN_S, BEGIN_S + 240, most_steps=240)
        assert list(found) == ["COMPLETED", "SCHEDULED", "STARTED"]
        assert found["SCHEDULED"].backlog == [12] * 90 + [11] * 60 + [0] * 90
        assert found["STARTED"].backlog == [0] * 90 + [1] * 60 + [0] * 90
        by_minute = reader.curves(Scope.STEPS, BEGIN_S, BEGIN_S + 240, most_steps=4)
        assert by_minute["SCHEDULED"].backlog == [12, 12, 11, 0]
        assert by_minute["COMPLETED"].backlog == [200_000] * 3 + [0]
        hours = reader.curves(Scope.STEPS, BEGIN_S, BEGIN_S + 3600, most_steps=1)
        assert hours["STARTED"].backlog == [1]
