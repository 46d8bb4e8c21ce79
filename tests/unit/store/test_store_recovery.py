from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.errors import UsageError
from hl7console.store.recovery import parse_recovery_code, recovery_code

keys = st.binary(min_size=32, max_size=32)


@given(keys)
def test_a_code_gives_its_key_back_however_it_is_typed(key):
    code = recovery_code(key)
    assert len(code.split("-")) == 9
    assert parse_recovery_code(code) == key
    assert parse_recovery_code(f"  {code.lower().replace('-', ' ')}\n") == key
    typed = code.replace("0", "O").replace("1", "l")
    assert parse_recovery_code(typed) == key


@given(keys, st.data())
def test_one_wrong_character_is_found(key, data):
    code = recovery_code(key)
    place = data.draw(st.integers(0, len(code) - 1).filter(lambda n: code[n] != "-"))
    others = [c for c in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if c != code[place]]
    wrong = code[:place] + data.draw(st.sampled_from(others)) + code[place + 1 :]
    try:
        found = parse_recovery_code(wrong)
    except UsageError:
        return
    # Ten check bits let one in a thousand through; the database then refuses the key.
    assert found != key


@pytest.mark.parametrize("text", ["", "ABC", "!" * 54, "0" * 53, "0" * 55, "0" * 54])
def test_what_is_no_code(text):
    with pytest.raises(UsageError):
        parse_recovery_code(text)
