"""One mapping profile, ready for use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from hl7console.worklist.profiles.options import Options
from hl7console.worklist.profiles.rules import ProcedureRule, StationRule
from hl7console.worklist.profiles.sources import FieldSource


@dataclass(slots=True)
class Profile:
    """A mapping profile.

    Made by `loading.load_profile`. Without arguments it has the default options and names no
    fields: for tests of rules that map nothing.
    """

    name: str = "default"
    digest: str = ""
    """SHA-256 of its text, in hexadecimal."""
    options: Options = field(default_factory=Options)
    fields: Mapping[str, tuple[FieldSource, ...]] = field(default_factory=dict)
    """By column (`columns.COLUMNS`): where its value comes from, first choice first."""
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Translations ``priority``, ``sex``, ``modality`` and ``scheme``; keys in upper case. The
    value "" says that the code means nothing."""
    procedures: tuple[ProcedureRule, ...] = ()
    stations: tuple[StationRule, ...] = ()
    authorities: Mapping[str, str] = field(default_factory=dict)
    """By namespace or ``UID:type``, in upper case: the authority's key that it stands for."""
    control: Mapping[str, str] = field(default_factory=dict)
    """By ``ORC-1_ORC-5`` (``NW_SC``, ``NW_`` for an empty one, ``NW_*`` for any): the state that
    this profile gives it other than the rules do, or ``none`` for no change."""
    modality_equivalents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    zone: ZoneInfo | None = None
    """The department's, where the options name one."""
    plans: dict[str, object] = field(default_factory=dict, repr=False)
    """What `mapping.plan` has compiled of the fields, by area."""

    def authority_key(self, key: str) -> str:
        """Return the key that an authority's key stands for, by the profile's aliases."""
        return self.authorities.get(key, key) if self.authorities else key
