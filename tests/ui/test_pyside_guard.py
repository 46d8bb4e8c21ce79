"""PySide6 6.12.0 on Python 3.11 loses a reference to True with every emitted signal."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Signal


class _Sender(QObject):
    sent = Signal(bool)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="True is immortal from Python 3.12 on")
def test_emitting_a_signal_keeps_the_reference_count_of_true(qapp):
    sender = _Sender()
    before = sys.getrefcount(True)
    for _ in range(50):
        sender.sent.emit(True)
    assert before - sys.getrefcount(True) <= 5
