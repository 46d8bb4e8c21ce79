"""The profiles that come with the program."""

from __future__ import annotations

import pytest

from hl7console.worklist.profiles.library import shipped, shipped_text
from hl7console.worklist.profiles.loading import load_profile


@pytest.mark.parametrize("name", shipped())
def test_each_can_be_put_in_force(name):
    assert load_profile(shipped_text(name), name).name == name


@pytest.mark.parametrize("name", ["nonesuch", "", "../default", "DEFAULT"])
def test_there_is_no_other(name):
    with pytest.raises(KeyError):
        shipped_text(name)
