"""Who and what the invented hospital has: people, staff, procedures, wards and numbering."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from hl7console import assets
from hl7console.engine.demo.segments import System, comp, text

FACILITY = "FAIRHAVEN"
"""MSH-4 of every system, and the namespace of the hospital's identifiers."""

SYSTEMS = {
    s.key: s
    for s in (
        System("registration", "patient registration", "MEDREG", "2.5.1", "UNICODE UTF-8",
               "utf_8", False, "A"),
        System("scheduling", "appointment book", "SLOTTER", "2.4", "8859/1", "latin_1", False, "S"),
        System("laboratory", "laboratory", "LABOR8", "2.4", "8859/1", "latin_1", False, "L",
               "AL", "NE"),
        System("documents", "document archive", "DOCVAULT", "2.5.1", "UNICODE UTF-8", "utf_8",
               False, "M"),
        System("radiology", "radiology information system", "RADIS", "2.3.1", "8859/1",
               "latin_1", True, "R"),
        System("cardiology", "cardiology information system", "CARDIS", "2.5.1",
               "UNICODE UTF-8", "utf_8", True, "C"),
        System("reporting", "reporting system", "REPORTIX", "2.5.1", "UNICODE UTF-8", "utf_8",
               True, "F"),
    )
}  # fmt: skip
"""The hospital's senders by key."""


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name as different systems can write it."""

    family: str = field(repr=False)
    given: str = field(repr=False)
    prefix: str = field(default="", repr=False)
    latin_family: str = field(default="", repr=False)
    latin_given: str = field(default="", repr=False)
    native_family: str = field(default="", repr=False)
    native_given: str = field(default="", repr=False)

    def xpn(self, system: System) -> str:
        """Return PID-5 for `system`: with the native form where it can be written.

        References:
            HL7 v2.5.1 chapter 2A, XPN.8 (name representation code, table 0465).
        """
        if system.is_latin:
            family = self.latin_family or self.family
            return self._form(family, self.latin_given or self.given)
        if not self.native_family:
            return self._form(self.family, self.given)
        native = comp(self.native_family, self.native_given, "", "", "", "", "L", "I")
        return f"{comp(self.family, self.given, '', '', '', '', 'L', 'A')}~{native}"

    def _form(self, family: str, given: str) -> str:
        whole = f"{self.prefix} {family}" if self.prefix else family
        return comp(text(whole), text(given), "", "", "", "", "L")


@dataclass(frozen=True, slots=True)
class Person:
    """An invented patient; the same one has the same record number in every run."""

    mrn: str
    name: PersonName = field(repr=False)
    sex: str = field(repr=False)
    born: date = field(repr=False)
    street: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Staff:
    """A clinician."""

    id: str
    family: str
    given: str
    role: str

    def xcn(self) -> str:
        """Return the clinician as XCN (2.3.1 and later)."""
        return comp(self.id, self.family, self.given, "", "", "Dr.", "", "", FACILITY)


@dataclass(frozen=True, slots=True)
class Procedure:
    """An imaging procedure with what is written about it."""

    code: str
    text: str
    protocol: tuple[str, str]
    modality: str
    minutes: int
    station: str
    room: str
    reasons: tuple[str, ...]
    findings: tuple[str, ...]
    impression: tuple[str, ...]
    critical: str = ""
    cardiology: bool = False

    def service(self) -> str:
        """Return OBR-4: requested procedure, then scheduled protocol (IHE RAD-4)."""
        return comp(self.code, text(self.text), "L", self.protocol[0], text(self.protocol[1]), "L")

    def coded(self) -> str:
        """Return the procedure alone as CE."""
        return comp(self.code, text(self.text), "L")


@dataclass(frozen=True, slots=True)
class Lab:
    """A laboratory panel; items are code, name, unit, reference range, lowest, highest."""

    code: str
    text: str
    items: tuple[tuple[str, str, str, str, float, float], ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The hospital's data, read once."""

    oid: str
    city: str
    people: tuple[Person, ...] = field(repr=False)
    staff: tuple[Staff, ...]
    procedures: tuple[Procedure, ...]
    labs: tuple[Lab, ...]
    wards: tuple[str, ...]

    def clinician(self, role: str, rng: random.Random) -> Staff:
        """Return a clinician of that role."""
        return rng.choice([s for s in self.staff if s.role == role])

    def procedure(self, code: str) -> Procedure:
        """Return the procedure with that code."""
        return next(p for p in self.procedures if p.code == code)


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return the hospital's data from ``resources/samples/hospital.toml``. Any thread."""
    data = tomllib.loads(assets.read_text("samples/hospital.toml"))
    return Catalogue(
        oid=data["oid"],
        city=data["city"],
        people=tuple(_people(data["people"])),
        staff=tuple(Staff(**s) for s in data["staff"]),
        procedures=tuple(_procedure(p) for p in data["procedures"]),
        labs=tuple(
            Lab(x["code"], x["text"], tuple(tuple(i) for i in x["items"])) for x in data["labs"]
        ),
        wards=tuple(data["wards"]),
    )


def _procedure(values: dict[str, Any]) -> Procedure:
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return Procedure(**fields)


def _people(families: list[dict[str, object]]) -> Iterator[Person]:
    """Yield everybody; a fixed seed gives the same birth dates and numbers in every run."""
    rng = random.Random(4471)  # noqa: S311 - invented data, not a secret
    number = 4471100
    for family in families:
        given_names = family["given"]
        assert isinstance(given_names, list)  # noqa: S101 - our own data file
        for given in given_names:
            number += rng.randint(3, 19)
            given, sex, latin, native = [*given, "", ""][:4]
            name = PersonName(
                family=str(family["family"]),
                given=given,
                prefix=str(family.get("prefix", "")),
                latin_family=str(family.get("latin_family", "")),
                latin_given=latin,
                native_family=str(family.get("native_family", "")),
                native_given=native,
            )
            yield Person(
                mrn=str(number),
                name=name,
                sex=sex,
                born=date(1934, 1, 1) + timedelta(days=rng.randrange(31_000)),
                street=f"{rng.randint(1, 99)} Nowhere Lane",
                phone=f"555-01{rng.randrange(100):02d}",
            )


class Numbers:
    """Hands out control ids, visits, orders and study UIDs that no earlier run has used.

    Args:
        start: First number; the demo takes tenths of seconds since 1970, so that a later run
            starts above an earlier one's last.
        rng: Source of the study UIDs.
    """

    def __init__(self, start: int, rng: random.Random) -> None:
        self._next = start % 100_000_000
        self._rng = rng

    def take(self, prefix: str) -> str:
        """Return a new identifier of at most 16 characters (the DICOM limit for accessions)."""
        self._next = (self._next + 1) % 100_000_000
        return f"{prefix}{self._next:08d}"

    def study_uid(self) -> str:
        """Return a study instance UID under 2.25.

        References:
            DICOM PS3.5 annex B.2 (UUID derived UID).
        """
        return f"2.25.{self._rng.getrandbits(122) | 1 << 121}"
