"""The index holds the words that the filter language defines, and only those."""

# ruff: noqa: RUF001
from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.filters.fulltext import message_words
from hl7console.hl7v2.message import Message
from hl7console.store import chores, derive
from hl7console.store.derive import index_text

WORD = re.compile(r"[0-9A-Za-z\x80-\U0010ffff]+")

pieces = st.one_of(
    st.sampled_from(
        [
            "|",
            "^",
            "~",
            "&",
            "\\",
            "\\T\\",
            "\\X41\\",
            "\\.br\\",
            "\r",
            "\n",
            "_",
            " ",
            "+",
            "/",
            "\x00",
        ]
    ),
    st.sampled_from(["smith", "Ä", "山", "ß", "Ⅷ", "١", "e\u0301", "x" * 64, "y" * 65, "Z" * 400]),
    st.text(max_size=5),
    st.text("abcXYZ019|^ ", max_size=90),
)


def ascii_tokens(text: str) -> list[str]:
    """Divide as the index does: at ASCII signs, lowering ASCII letters."""
    lowered = "".join(c.lower() if c.isascii() else c for c in text)
    return WORD.findall(lowered)


@given(
    st.lists(pieces, max_size=30),
    st.sampled_from(["MSH|^~\\&|", "MSH|^~\\&#|", "MSH#*~!&#", "MSH|^~&|", "PID|", ""]),
    st.sampled_from(["utf_8", "ascii", "cp1252", "", "latin_1", "iso2022_jp", "gb18030"]),
)
def test_the_index_divides_as_the_filter_language_does(parts, start, charset):
    raw = (start + "".join(parts)).encode("utf-8", "replace")
    message = Message.parse(raw, force_codec=charset)
    expected = message_words(message.text, message.delimiters, message.codec)
    text = index_text(raw, charset)
    assert text is not None
    assert ascii_tokens(text) == expected


def test_the_database_divides_like_that(store, message):
    raw = "MSH|^~\\&|RIS|H|P|H|1||ORM^O01|1|P|2.5\rPID|1||4711||Müller^ÄNNE_x||١Ⅷ|Straße-山田"
    new = message(raw)
    store.put(new)
    store.index_all()
    store.sql("CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, message_text, instance)")
    rows = store.sql("SELECT term FROM temp.v WHERE col = 'text' ORDER BY offset")
    parsed = Message.parse(new.raw, force_codec=new.charset)
    assert [row[0] for row in rows] == message_words(parsed.text, parsed.delimiters, parsed.codec)


def test_the_watermark_goes_on_after_a_restart(tmp_path, store, message):
    from hl7console.store.writer import StoreWriter

    store.hold_index()
    store.put(*(message(control_id=str(n)) for n in range(100)))
    assert store.writer.derived_id == 0
    assert store.writer.stop(20)
    store.writer = StoreWriter(store.path, store.key)
    store.writer.start()
    assert store.writer.last_message_id == 100
    store.index_all()
    assert store.sql(
        "SELECT count(*) FROM message_text WHERE message_text MATCH 'text : \"4711\"'"
    ) == [(100,)]


def test_what_memory_does_not_keep_is_read_back(store, message, monkeypatch):
    monkeypatch.setattr(derive, "KEPT_BYTES", 300)
    monkeypatch.setattr(derive, "CHUNK_BYTES", 200)
    store.put(*(message(control_id=f"K{n}") for n in range(100)))
    store.index_all()
    assert store.sql(
        "SELECT count(*) FROM message_text WHERE message_text MATCH 'keys : \"ck99\"'"
    ) == [(1,)]
    assert store.sql(
        "SELECT count(*) FROM message_text WHERE message_text MATCH 'text : \"4711\"'"
    ) == [(100,)]


def test_what_was_deleted_before_it_was_indexed_leaves_no_trace(store, message):
    store.hold_index()
    store.put(*(message(control_id=str(n)) for n in range(10)))
    store.sql("DELETE FROM messages WHERE id IN (3, 4, 10)")
    deriver = store.writer._chores._deriver
    reached = store.writer.call(lambda _: deriver.step(10, lambda: False), label="x").result(10)
    assert reached == 10
    found = store.sql("SELECT rowid FROM message_text WHERE message_text MATCH 'text : \"4711\"'")
    assert sorted(row[0] for row in found) == [1, 2, 5, 6, 7, 8, 9]


@pytest.mark.expects_log
def test_a_message_that_cannot_be_indexed_holds_up_no_other(store, message, monkeypatch):
    plain = derive.index_text

    def odd(raw: bytes, charset: str) -> str | None:
        if b"ODD" in raw:
            raise RecursionError("PATIENT")
        return plain(raw, charset)

    monkeypatch.setattr(derive, "index_text", odd)
    store.put(message(), message("MSH|^~\\&|ODD"), message())
    store.index_all()
    assert store.sql("SELECT id FROM unindexed") == [(2,)]


def test_a_burst_does_not_starve_the_index(store, message, monkeypatch):
    monkeypatch.setattr(chores, "IDLE_S", 0.001)
    most = 60_000
    n = 0
    # The line never runs empty meanwhile: the index gets its turn all the same.
    while not store.writer.derived_id and n < most:
        store.writer.put(message(control_id=str(n)), wait_s=20)
        n += 1
    assert n < most
    store.index_all()
