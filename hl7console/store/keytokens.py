"""Keys of messages as single tokens of the full-text index.

A token is a letter for the key and the value without letter case, with every sign of ASCII that
is neither letter nor digit replaced, since the index would divide there. Two values may share a
token; what is found is compared with the columns.
"""

from __future__ import annotations

_LETTERS = {"control": "c", "patient": "p", "accession": "a", "order": "o"}

LONGEST_TOKEN = 64
"""Characters of a value that take part."""

_SIGNS = {n: 0x100 + n for n in range(128) if not chr(n).isalnum()}


def key_token(key: str, value: str) -> str:
    """Return the token of a value; any thread.

    Args:
        key: ``control``, ``patient``, ``accession`` or ``order``.
        value: The value as in the column.
    """
    return _LETTERS[key] + value.casefold()[:LONGEST_TOKEN].translate(_SIGNS)


def key_tokens(control: str, patient: str, accession: str, placer: str, filler: str) -> str:
    """Return the tokens of a message's keys, joined with blanks; any thread.

    Runs for every message behind the watermark, hence the short way for plain values.
    """
    together = f"{control}{patient}{accession}{placer}{filler}"
    if together.isascii() and together.isalnum() and len(together) <= LONGEST_TOKEN:
        return f"c{control} p{patient} a{accession} o{placer} o{filler}".lower()
    return " ".join(
        (
            key_token("control", control),
            key_token("patient", patient),
            key_token("accession", accession),
            key_token("order", placer),
            key_token("order", filler),
        )
    )
