"""A message that filters look into: hl7console.hl7v2.filters.content."""

from __future__ import annotations

from hl7console.hl7v2.filters import Content
from hl7console.hl7v2.filters.fulltext import message_words
from hl7console.hl7v2.message import Message

RAW = "MSH|^~\\&|A|B|C|D|20260105||ORM^O01|1|P|2.5\rPID|1||77||GR\u00dcN^JOHN\r"


def test_it_is_taken_apart_once_and_with_the_codec_that_it_came_with():
    content = Content(RAW.encode("latin-1"), "latin-1")
    message = content.message
    assert message.get("PID-5.1") == "GR\u00dcN"
    assert content.message is message
    assert content.words == message_words(message.text, message.delimiters, message.codec)
    assert content.words is content.words


def test_a_message_that_is_one_already_stays_the_same():
    message = Message.parse(RAW.encode())
    assert Content(message).message is message
