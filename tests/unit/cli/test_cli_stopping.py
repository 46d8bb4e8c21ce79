from __future__ import annotations

import signal
import threading

import pytest

from hl7console.cli.stopping import HARD_EXIT_CODE, end_process, stopping_on_signals


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


def test_the_process_ends_with_its_code():
    with pytest.raises(SystemExit) as ended:
        end_process(3)
    assert ended.value.code == 3


def test_a_thread_that_never_ends_does_not_keep_the_process(monkeypatch):
    monkeypatch.setattr("hl7console.cli.stopping.LAST_WAIT_S", 0.05)
    release = threading.Event()
    stuck = threading.Thread(target=release.wait)
    stuck.start()
    codes: list[int] = []
    with pytest.raises(SystemExit):
        end_process(1, end_hard=codes.append)
    release.set()
    stuck.join()
    assert codes == [1]
