from __future__ import annotations

import pytest

from hl7console.cli.messages import filter_text
from hl7console.hl7v2 import filters


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["smith"], "smith"),
        (["ct head"], '"ct head"'),
        (["smith", "ct head"], 'smith "ct head"'),
        (["type:ORM", "since:2h"], "type:ORM since:2h"),
        (["type:ORM since:2h"], "type:ORM since:2h"),
        (['"ct head"'], '"ct head"'),
        (["ct or mr"], "ct or mr"),
        (["PID-5 ~ smith"], "PID-5 ~ smith"),
        (["ct -head"], "ct -head"),
        (["-from:LAB"], "-from:LAB"),
    ],
)
def test_the_shells_quotes_come_back_around_phrases_only(words, text):
    assert filter_text(words) == text
    filters.parse(text)
