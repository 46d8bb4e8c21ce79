from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hl7console.store.keytokens import LONGEST_TOKEN, key_token, key_tokens

values = st.one_of(st.text(max_size=80), st.text("AaBb09-^ ./\n\x00", max_size=20))


@given(values, values, values, values, values)
def test_tokens_of_a_message_are_those_of_its_values(control, patient, accession, placer, filler):
    together = key_tokens(control, patient, accession, placer, filler).split(" ")
    assert together == [
        key_token("control", control),
        key_token("patient", patient),
        key_token("accession", accession),
        key_token("order", placer),
        key_token("order", filler),
    ]


@given(values)
def test_a_token_is_one_token_for_the_index(value):
    token = key_token("patient", value)
    assert all(not c.isascii() or c.isalnum() for c in token)
    assert len(token) <= 1 + LONGEST_TOKEN


@given(values, st.integers(0, 80))
def test_letter_case_does_not_matter_and_prefixes_stay_prefixes(value, length):
    assert key_token("order", value) == key_token("order", value.casefold())
    assert key_token("order", value).startswith(key_token("order", value.casefold()[:length]))
