from __future__ import annotations

import pytest

from hl7console.errors import UsageError
from hl7console.settings import check_ae_title, is_ae_title


@pytest.mark.parametrize("title", ["CT1", "A", "CT ROOM 1", "X" * 16, "CT_1-a.b"])
def test_titles(title):
    assert is_ae_title(title)
    check_ae_title(title)


@pytest.mark.parametrize("title", ["", " ", "X" * 17, "CT\\1", "CT\n1", "CTÄ", "\x1bCT"])
def test_what_is_no_title(title):
    assert not is_ae_title(title)
    with pytest.raises(UsageError):
        check_ae_title(title)


def test_a_blank_at_an_end_is_no_part_of_a_title():
    assert is_ae_title(" CT1 ")
    with pytest.raises(UsageError):
        check_ae_title(" CT1")
