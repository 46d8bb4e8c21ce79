"""Which deliveries a list shows and in what order, as conditions that an index answers in order.

Each part walks one index from one end, so that a page costs the same however much there is:
what is due by ``deliveries_due``, the error list by ``deliveries_failed``, what is over by
``deliveries_over``. A whole table is only walked where no destination is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hl7console.store.repair_schema import IS_FAILED_SQL


class Which(StrEnum):
    """Which deliveries."""

    DUE = "due"
    """Those that a queue still has to do something about, the next one first."""
    FAILED = "failed"
    """Those in the error list, the latest first."""
    OVER = "over"
    """Those that nothing is to be done about by a queue, the latest first."""
    ALL = "all"
    """All, in the order of queues."""


@dataclass(frozen=True, slots=True)
class Part:
    """The deliveries of one list."""

    destination: str = ""
    """Empty for all destinations."""
    which: Which = Which.DUE
    cause: str | None = None
    """For the error list: only those with this cause."""
    state: str = ""
    """Only those in this state."""

    @property
    def is_latest_first(self) -> bool:
        """Whether the list begins with the highest number."""
        return self.which in (Which.FAILED, Which.OVER)

    @property
    def source(self) -> str:
        """The table, with the index that has the rows in order where there is one."""
        index = {
            Which.DUE: "deliveries_due",
            Which.OVER: "deliveries_over",
            Which.FAILED: "deliveries_failed" if self.cause is not None else "",
        }.get(self.which, "")
        if not self.destination or not index:
            return "deliveries AS d"
        return f"deliveries AS d INDEXED BY {index}"

    def condition(self) -> tuple[str, dict[str, str | int]]:
        """Return the condition as SQL, and its values by name."""
        conditions: list[str] = []
        values: dict[str, str | int] = {}
        if self.destination:
            conditions.append("d.destination = :destination")
            values["destination"] = self.destination
        conditions += {
            Which.DUE: ["d.is_due = 1"],
            Which.OVER: ["d.is_due = 0"],
            Which.FAILED: [IS_FAILED_SQL],
        }.get(self.which, [])
        if self.cause is not None:
            conditions.append("d.cause = :cause")
            values["cause"] = self.cause
        if self.state:
            conditions.append("d.state = :state")
            values["state"] = self.state
        return " AND ".join(conditions) or "1", values
