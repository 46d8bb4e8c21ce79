"""What a story is: a generator of shipments that is told the answer to each.

A story keeps its own time. It moves it on with `Teller.after`, and everything that it writes is
dated by it, so that the messages read right whenever the runner gets to send them.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hl7console.engine.demo.chart import Order, Visit
from hl7console.engine.demo.register import (
    FACILITY,
    SYSTEMS,
    Catalogue,
    Numbers,
    Person,
    Procedure,
    catalogue,
)
from hl7console.engine.demo.segments import Header, System, message


@dataclass(frozen=True, slots=True)
class Shipment:
    """One message that is due at a time."""

    story: str
    """Title of the story; empty for background traffic."""
    caption: str
    """What this message says, in a few words."""
    system: System
    due: datetime
    message_type: str
    """Type and event, as ``ORM^O01``."""
    control_id: str
    raw: bytes = field(repr=False)


Story = Generator[Shipment, str, None]
"""Yields shipments; is sent MSA-1 of the answer to each, or "" when none came."""


class Hospital:
    """The hospital's memory: who is a patient already, and the next numbers. One thread.

    Args:
        rng: Decides everything that is chance.
        first_number: Where the numbers start (see `Numbers`).
    """

    def __init__(self, rng: random.Random, first_number: int) -> None:
        self.rng = rng
        self.catalogue: Catalogue = catalogue()
        self.numbers = Numbers(first_number, rng)
        self._waiting: list[Person] = []

    def person(self) -> Person:
        """Return somebody; nobody comes twice before everybody came once."""
        if not self._waiting:
            self._waiting = list(self.catalogue.people)
            self.rng.shuffle(self._waiting)
        return self._waiting.pop()

    def visit(self, at: datetime, *, kind: str = "O", person: Person | None = None) -> Visit:
        """Return a new encounter: ``E`` emergency, ``I`` inpatient, ``O`` outpatient."""
        role = {"E": "emergency", "I": "ward"}.get(kind, "referrer")
        place = {
            "E": f"ED^BAY{self.rng.randint(1, 9)}^1^{FACILITY}",
            "I": self.bed(),
        }.get(kind, f"RAD^WAITING^^{FACILITY}")
        return Visit(
            person=person or self.person(),
            number=self.numbers.take("V"),
            patient_class=kind,
            location=place,
            attending=self.catalogue.clinician(role, self.rng),
            admitted=at,
        )

    def bed(self, ward: str = "") -> str:
        """Return a bed as PV1-3."""
        ward = ward or self.rng.choice(self.catalogue.wards)
        return f"{ward}^{self.rng.randint(301, 328)}^{self.rng.choice('AB')}^{FACILITY}"

    def order(self, visit: Visit, procedure: Procedure, start: datetime) -> Order:
        """Return a new routine order."""
        role = "cardiology" if procedure.cardiology else "referrer"
        if visit.patient_class == "E":
            role = "emergency"
        return Order(
            visit=visit,
            procedure=procedure,
            placer=self.numbers.take("PL"),
            filler=self.numbers.take("FL"),
            accession=self.numbers.take(procedure.modality),
            study_uid=self.numbers.study_uid(),
            ordering=self.catalogue.clinician(role, self.rng),
            start=start,
            reason=self.rng.choice(procedure.reasons),
        )

    def procedure(self, visit: Visit, *, cardiology: bool | None = None) -> Procedure:
        """Return a procedure by chance that suits the patient, the STAT one left out."""
        person = visit.person
        is_screened = person.sex == "F" and person.born.year < visit.admitted.year - 40
        choice = [
            p
            for p in self.catalogue.procedures[1:]
            if (cardiology is None or p.cardiology == cardiology)
            and (is_screened or p.modality != "MG")
        ]
        return self.rng.choice(choice)


class Teller:
    """Writes a story's messages and keeps its time.

    Args:
        hospital: The hospital that it happens in.
        title: Title of the story; empty for background traffic.
        at: When it begins.
    """

    def __init__(self, hospital: Hospital, title: str, at: datetime) -> None:
        self._hospital = hospital
        self._title = title
        self.now = at
        """The story's time; also the date of what it writes next."""

    def after(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def send(
        self,
        system: str,
        message_type: str,
        segments: list[str],
        caption: str = "",
    ) -> Shipment:
        """Return a message of `system`, due at the story's time.

        Args:
            system: Key of the sending system.
            message_type: MSH-9 as it is to be written.
            segments: All segments after MSH.
            caption: What it says, for the summary.
        """
        sender = SYSTEMS[system]
        control_id = self._hospital.numbers.take(sender.prefix)
        header = Header(message_type, control_id, self.now, FACILITY)
        return Shipment(
            story=self._title,
            caption=caption,
            system=sender,
            due=self.now,
            message_type="^".join(message_type.split("^")[:2]),
            control_id=control_id,
            raw=message(sender, header, segments),
        )

    def again(self, shipment: Shipment, caption: str) -> Shipment:
        """Return the same bytes, due at the story's time: what a sender does that saw no answer."""
        return Shipment(
            story=shipment.story,
            caption=caption,
            system=shipment.system,
            due=self.now,
            message_type=shipment.message_type,
            control_id=shipment.control_id,
            raw=shipment.raw,
        )


StoryMaker = Callable[[Hospital, datetime], Story]
"""Starts a story at a time."""


class Timeline:
    """Holds the stories under way and says which message is due next. One thread.

    A story goes on only once the answer to its last message is in, as the systems it plays would.
    """

    def __init__(self) -> None:
        self._due: list[tuple[datetime, int, Shipment, Story]] = []
        self._out: dict[int, Story] = {}
        self._count = 0

    def begin(self, story: Story) -> None:
        """Take up a story."""
        self._advance(story, None)

    def next_due(self) -> datetime | None:
        """Return when the next message is due; None when all wait for answers or are over."""
        return self._due[0][0] if self._due else None

    def take_due(self, now: datetime) -> list[tuple[int, Shipment]]:
        """Return the messages due by `now` in order, each with the token to answer it by."""
        taken = []
        while self._due and self._due[0][0] <= now:
            _, token, shipment, story = heapq.heappop(self._due)
            self._out[token] = story
            taken.append((token, shipment))
        return taken

    def answered(self, token: int, code: str) -> None:
        """Tell the story its answer, "" when there was none, so that it goes on."""
        self._advance(self._out.pop(token), code)

    @property
    def under_way(self) -> int:
        """Number of stories that are not over."""
        return len(self._due) + len(self._out)

    def _advance(self, story: Story, code: str | None) -> None:
        try:
            shipment = next(story) if code is None else story.send(code)
        except StopIteration:
            return
        self._count += 1
        heapq.heappush(self._due, (shipment.due, self._count, shipment, story))
