"""What one ORC of a message asks for, ready to be applied now or, if it came too early, later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hl7console.worklist.finding import Keys, keys_of_mapped, sent
from hl7console.worklist.mapped import MappedOrder
from hl7console.worklist.profiles.options import Options
from hl7console.worklist.rules import control
from hl7console.worklist.states import Rank


@dataclass(slots=True)
class Told:
    """An order of a message with what its sender wants."""

    mapped: MappedOrder
    source: str
    """Whose times are compared (`evidence`)."""
    wish: str
    """The state, or a word of `rules.control`; "" where no line of the table fits."""
    line: str
    """The line of the table that said so: ``NW_SC``."""
    rank: Rank
    has_fields: bool = True
    """Whether its fields count too, not only its state."""
    keys: Keys = field(init=False)
    """The order's identifiers."""

    def __post_init__(self) -> None:
        self.keys = keys_of_mapped(self.mapped.order)

    @property
    def control(self) -> str:
        """Return ORC-1."""
        return self.mapped.control

    @property
    def path(self) -> str:
        """Return the path of the field that asks for the state: ORC-5, else ORC-1."""
        path = self.mapped.control_path
        return f"{path[:-1]}5" if self.mapped.status and path.endswith("-1") else path

    @property
    def time(self) -> str:
        """Return the event time."""
        return self.mapped.event_time

    def sps_ids(self) -> list[str]:
        """Return the ids of the steps that the message names itself."""
        return [sps_id for step in self.mapped.steps if (sps_id := sent(step, "sps_id"))]


def told_by(
    mapped: MappedOrder,
    source: str,
    overrides: Mapping[str, str],
    options: Options,
    code: str | None = None,
) -> Told:
    """Return what an ORC asks for.

    Args:
        mapped: The mapped ORC.
        source: Its sender on its listener.
        overrides: The profile's control table.
        options: The profile's options.
        code: The control code to go by, where it isn't ORC-1 itself.
    """
    code = mapped.control if code is None else code
    wish, line = control.state_for(code, mapped.status, overrides, options)
    rank = control.rank_of(code, str(mapped.order.values.get("filler_no", "")), options)
    return Told(mapped, source, wish, line, rank)
