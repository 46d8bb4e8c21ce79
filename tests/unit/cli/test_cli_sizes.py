from __future__ import annotations

import click
import pytest

from hl7console.cli.sizes import Size, show_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1048576", 1048576),
        ("500MB", 500 * 1024**2),
        ("2 GiB", 2 * 1024**3),
        ("1.5g", 1024**3 * 3 // 2),
        ("7 kb", 7168),
        ("12B", 12),
    ],
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert Size().convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "many", "-1", "5PB", "1,5GB", "GB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(click.BadParameter):
        Size().convert(text, None, None)


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KB"), (20 * 1024**3, "20 GB")],
)
def test_sizes_are_shown_in_the_largest_unit(size, shown):
    assert show_size(size) == shown
