"""The characters that divide a message, as its own header names them.

Read by position, never by splitting: MSH-1 is the fourth character, MSH-2 is what follows up to
the next MSH-1 character. Whatever stands there is accepted as far as it can work; what cannot is
left out (the role is disabled, its character is then data) and reported as a problem code.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache

HEADER_IDS = ("MSH", "FHS", "BHS")
"""Segments whose first field is the field separator itself."""

ROLES = ("component", "repetition", "escape", "subcomponent", "truncation")
"""What the characters of MSH-2 stand for, in order."""

NO_HEADER = "no_header"
"""Problem: there is no MSH, FHS or BHS with a usable fourth character; the defaults are used."""
MISSING_MSH2 = "missing_msh2"
"""Problem: MSH-2 is empty; nothing below the field is divided."""
SHORT_MSH2 = "short_msh2"
"""Problem: MSH-2 has fewer than four characters; the missing roles are disabled."""
LONG_MSH2 = "long_msh2"
"""Problem: MSH-2 has more than five characters; the rest is ignored."""
REPEATED_DELIMITER = "repeated_delimiter"
"""Problem: two roles share a character; the later one is disabled."""
UNUSABLE_DELIMITER = "unusable_delimiter"
"""Problem: a letter, digit, blank or character outside ASCII stands for a role; it is disabled."""


def is_usable(character: str) -> bool:
    """Return whether a character may divide a message: ASCII punctuation."""
    return "!" <= character <= "~" and not character.isalnum()


@dataclass(frozen=True, slots=True)
class Delimiters:
    r"""The separators of one message; an empty string is a disabled role.

    References:
        HL7 v2.5.1 chapter 2, section 2.5.4 (message delimiters); v2.7 chapter 2, 2.5.5.2
        (truncation character).
    """

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    problems: tuple[str, ...] = dataclasses.field(default=(), compare=False)
    """Codes of what was wrong with the header; empty when all is well."""

    @property
    def msh_2(self) -> str:
        r"""The encoding characters as a header writes them, up to the first disabled role."""
        written = ""
        for role in ROLES:
            character = getattr(self, role)
            if not character:
                break
            written += character
        return written

    @classmethod
    def parse(cls, header_text: str) -> Delimiters:
        """Read the delimiters of a header segment; never raises.

        Args:
            header_text: Text that begins with MSH, FHS or BHS; what follows the second
                field separator is not looked at.
        """
        separator = header_text[3:4]
        if header_text[:3] not in HEADER_IDS or not separator or not is_usable(separator):
            return _WITHOUT_HEADER
        return cls.of(separator, encoding_characters(header_text))

    @classmethod
    def of(cls, separator: str, msh_2: str) -> Delimiters:
        """Return the delimiters that MSH-1 and MSH-2 name; never raises."""
        return _parse(separator, msh_2[: len(ROLES) + 1])  # what is remembered must stay small


def encoding_characters(header_text: str) -> str:
    """Return MSH-2 as written: from the fifth character to the next separator or line end."""
    line_end = len(header_text)
    for terminator in "\r\n":
        found = header_text.find(terminator, 4, line_end)
        if found >= 0:
            line_end = found
    end = header_text.find(header_text[3], 4, line_end)
    return header_text[4 : line_end if end < 0 else end]


@lru_cache(maxsize=256)
def _parse(separator: str, msh_2: str) -> Delimiters:
    problems: list[str] = []
    if not msh_2:
        problems.append(MISSING_MSH2)
    elif len(msh_2) < len(ROLES) - 1:
        problems.append(SHORT_MSH2)
    elif len(msh_2) > len(ROLES):
        problems.append(LONG_MSH2)
    taken = {separator}
    roles = dict.fromkeys(ROLES, "")
    for role, character in zip(ROLES, msh_2, strict=False):
        if not is_usable(character):
            problems.append(UNUSABLE_DELIMITER)
        elif character in taken:
            problems.append(REPEATED_DELIMITER)
        else:
            taken.add(character)
            roles[role] = character
    return Delimiters(separator, **roles, problems=tuple(dict.fromkeys(problems)))


DEFAULT = Delimiters()
"""What new messages use: ``|^~\\&``."""

_WITHOUT_HEADER = Delimiters(problems=(NO_HEADER,))
