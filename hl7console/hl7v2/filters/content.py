"""A message as filters look into it."""

from __future__ import annotations

from hl7console.hl7v2.filters.fulltext import message_words
from hl7console.hl7v2.message import Message


class Content:
    """A message that is taken apart when something asks for it, once for any number of filters.

    Args:
        source: The message, or its bytes.
        codec: The Python codec that the bytes are read with; empty finds it out.
    """

    __slots__ = ("_codec", "_source", "_words")

    def __init__(self, source: Message | bytes, codec: str = "") -> None:
        self._source = source
        self._codec = codec
        self._words: list[str] | None = None

    @property
    def message(self) -> Message:
        """The message."""
        if isinstance(self._source, bytes):
            self._source = Message.parse(self._source, force_codec=self._codec)
        return self._source

    @property
    def words(self) -> list[str]:
        """Its words, as the full text has them."""
        if self._words is None:
            message = self.message
            self._words = message_words(message.text, message.delimiters, message.codec)
        return self._words
