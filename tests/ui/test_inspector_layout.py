"""Where characters stand in the raw view: every one once, and back again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.ui.inspector.cells import hidden_spans, rows_of_plain, runs_of, shown
from hl7console.ui.inspector.raw_layout import FOLD_CHARS, RawLayout, RawLines, ending_words

TEXTS = st.text(
    st.sampled_from("AB|^~&\\ 09\x00\x1b\u202eé\u0301漢字カ\uff76\U0001f600\u200b"), max_size=120
)


def lines_of(parts: list[str], end: str = "\r") -> RawLines:
    starts, ends, at = [], [], 0
    for part in parts:
        starts.append(at)
        ends.append(at + len(part))
        at += len(part) + len(end)
    return RawLines(end.join(parts) + end, starts, ends, "|^~&")


def laid_out(
    lines: RawLines, columns: int, opened: frozenset[int], *, show_ends: bool
) -> RawLayout:
    layout = RawLayout(lines, columns, opened, show_ends=show_ends)
    layout.ensure(len(lines) - 1)
    return layout


@given(TEXTS)
def test_runs_cover_a_text_without_gaps(text: str) -> None:
    at = 0
    for run in runs_of(text, 0, len(text)):
        assert run.start == at
        assert run.end > at
        assert run.cells in (1, 2)
        at = run.end
    assert at == len(text)


@given(TEXTS)
def test_shown_keeps_the_length_and_hides_nothing(text: str) -> None:
    assert len(shown(text)) == len(text)
    assert not hidden_spans(shown(text))


def test_wide_and_combined_characters_take_their_cells() -> None:
    assert [(r.cells, r.count) for r in runs_of("a漢字e\u0301b", 0, 6)] == [
        (1, 1),
        (2, 2),
        (1, 1),
        (1, 1),
    ]


@given(st.lists(TEXTS, min_size=1, max_size=6), st.integers(8, 40), st.booleans())
def test_each_character_stands_at_one_place_and_is_found_there(
    parts: list[str], columns: int, show_ends: bool
) -> None:
    lines = lines_of(parts)
    layout = laid_out(lines, columns, frozenset(), show_ends=show_ends)
    seen: list[int] = []
    for row in range(layout.rows):
        used = 0
        for run, start, end, col in layout.pieces(row):
            width = run.cells if run.is_whole else (end - start) * run.cells
            assert col >= used
            used = col + width
            if not run.kind:
                seen += range(start, end)
        assert used <= layout.columns
    expected = [c for i in range(len(lines)) for c in range(lines.starts[i], lines.ends[i])]
    assert seen == expected
    for char in expected:
        row, col = layout.place_of(char)
        hit, run = layout.hit(row, col)
        assert run is not None
        assert hit == (run.start if run.is_whole else char)


@given(st.text(st.sampled_from("AB|漢字カ\uff76\U0001f600\x07"), max_size=200), st.integers(8, 30))
def test_rows_of_plain_text_are_counted_as_they_are_painted(text: str, columns: int) -> None:
    layout = laid_out(lines_of([text]), columns, frozenset(), show_ends=False)
    assert rows_of_plain(text, columns) == RawLayout._rows_of(layout._place(0))


def test_rows_of_ascii_lines_are_counted_as_they_are_painted() -> None:
    lines = lines_of(["A" * 20, "", "B" * 21, "C"])
    for columns, expected in ((10, 2 + 1 + 3 + 1), (20, 1 + 1 + 2 + 1)):
        assert laid_out(lines, columns, frozenset(), show_ends=False).rows == expected
    assert laid_out(lines, 20, frozenset(), show_ends=True).rows == 2 + 1 + 2 + 1


def test_a_long_value_is_folded_until_opened() -> None:
    value = "A" * 5_000_000
    lines = lines_of(["MSH|^~\\&|X", f"OBX|1|ED|X||^application^pdf^Base64^{value}||||||F"])
    (fold,) = lines.folds[1]
    closed = laid_out(lines, 80, frozenset(), show_ends=False)
    assert closed.rows < 5
    row, col = closed.place_of(fold.start + 1_000)
    hit, run = closed.hit(row, col)
    assert run is not None
    assert run.kind == "fold"
    assert hit == fold.start
    assert "5.0 MB" in run.label
    opened = laid_out(lines, 80, frozenset({fold.start}), show_ends=False)
    assert opened.rows > 62_000
    far = fold.start + 4_000_000
    assert opened.hit(*opened.place_of(far))[0] == far
    assert lines.fold_at(fold.start) == fold
    assert lines.fold_at(0) is None


def test_a_long_narrative_with_separators_is_folded_too() -> None:
    lines = lines_of(["OBX|1|TX|X||" + "word&word " * (FOLD_CHARS // 5) + "|F"])
    assert len(lines.folds[0]) == 1


def test_a_long_line_that_is_not_ascii_stays_quick_and_exact() -> None:
    lines = lines_of(["漢" * 30_000])
    layout = laid_out(lines, 40, frozenset({12}), show_ends=False)
    for char in (0, 5):
        assert layout.hit(*layout.place_of(char))[0] == char


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("\r", "CR"),
        ("\n", "LF"),
        ("\r\n", "CR LF"),
        ("\r\r\r", "CR \u00d73"),
        ("\r\n\r\n", "CR LF CR LF"),
    ],
)
def test_line_ends_have_names(ending: str, words: str) -> None:
    assert ending_words(ending) == words


def test_an_empty_message_has_no_rows_and_no_characters() -> None:
    layout = laid_out(RawLines("", [], [], "|^~&"), 40, frozenset(), show_ends=True)
    assert layout.rows == 0
    assert layout.hit(0, 0) == (0, None)
