"""A new control id for a message that was edited.

References:
    HL7 v2.5.1 chapter 2, section 2.15.9.10 (MSH-10: unique; 20 characters at most before v2.7).
"""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 20

_REPEAT = re.compile(r"-R(\d{1,6})\Z")


def next_control_id(before: str, is_used: Callable[[str], bool]) -> str:
    """Return the control id before with the first free ending ``-R1``, ``-R2``….

    Args:
        before: The control id that it is made from; may be empty.
        is_used: Returns whether a control id is taken.
    """
    base, number = before.strip(), 0
    if (found := _REPEAT.search(base)) is not None:
        base, number = base[: found.start()], int(found[1])
    while True:
        number += 1
        ending = f"-R{number}"
        made = base[: LONGEST - len(ending)] + ending
        if not is_used(made):
            return made
