from __future__ import annotations

import signal
import threading

import pytest

from hl7console.cli.stopping import HARD_EXIT_CODE, stopping_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_for_the_end_and_the_second_ends_hard(number):
    before = signal.getsignal(number)
    codes: list[int] = []
    with stopping_on_signals(end_hard=codes.append) as stop:
        assert not stop.wait(0.01)
        signal.raise_signal(number)
        assert stop.wait(5)
        assert codes == []
        signal.raise_signal(number)
        assert codes == [HARD_EXIT_CODE]
    assert signal.getsignal(number) is before


def test_a_wait_ends_as_soon_as_the_end_is_asked_for():
    with stopping_on_signals() as stop:
        asker = threading.Timer(0.05, stop.request)
        asker.start()
        assert stop.wait(60)
        asker.join()
