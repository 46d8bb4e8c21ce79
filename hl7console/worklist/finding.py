"""Finds the orders that a message speaks of.

References: identifiers-and-datatypes section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping import studies
from hl7console.worklist.rows import ORDER, STEP, Row
from hl7console.worklist.turn import Turn

Number = tuple[str, str]
"""A number and its authority's key."""
_MOST_NUMBERS = 200
NO_NUMBER: Number = ("", "")


@dataclass(slots=True)
class Keys:
    """The identifiers of an order, as a message gives them."""

    placer: Number = NO_NUMBER
    filler: Number = NO_NUMBER
    accession: Number = NO_NUMBER
    study_uid: str = ""
    """"" where it was made up by a rule: such a UID tells nothing that the accession doesn't."""

    def texts(self) -> list[str]:
        """Return one text for each identifier: under these an early message waits."""
        found = [
            f"{name}|{number}|{authority}"
            for name, (number, authority) in (
                ("placer", self.placer), ("filler", self.filler), ("accession", self.accession),
            )
            if number
        ]  # fmt: skip
        if self.study_uid:
            found.append(f"study|{self.study_uid}")
        return found


NUMBERS = "numbers"
"""The argument of a refusal's note that lists the numbers of its orders (`number_list`)."""


def number_list(texts: list[str]) -> str:
    """Return texts of `Keys.texts` as one, in which each is found between two tabs."""
    return "\t" + "\t".join(texts[:_MOST_NUMBERS]) + "\t" if texts else ""


def keys_of_mapped(mapped: Mapped) -> Keys:
    """Return the identifiers of a mapped order."""
    get = mapped.values.get
    return Keys(
        (str(get("placer_no", "")), str(get("placer_authority", ""))),
        (str(get("filler_no", "")), str(get("filler_authority", ""))),
        (str(get("accession", "")), str(get("accession_authority", ""))),
        sent(mapped, "study_uid"),
    )


def keys_of_order(order: Row) -> Keys:
    """Return the identifiers of an order."""
    source = order.source("study_uid")
    is_sent = source is not None and source.rule not in MADE_UP
    return Keys(
        (order.text("placer_no"), order.text("placer_authority")),
        (order.text("filler_no"), order.text("filler_authority")),
        (order.text("accession"), order.text("accession_authority")),
        order.text("study_uid") if is_sent else "",
    )


MADE_UP = frozenset(
    {"uid_derived", "rp_generated", "rp_is_accession", "sps_generated", "sps_is_rp", "message_time"}
)
"""Rules that give an identifier which no field said: it tells nothing that others don't."""


def sent(mapped: Mapped, column: str) -> str:
    """Return a column's value where a field said it; "" where a rule made it up.

    An accession number that was taken from the filler or placer number is none that was sent.
    """
    value = mapped.values.get(column, "")
    if not value or mapped.rules.get(column) in MADE_UP:
        return ""
    if column == "accession" and _is_borrowed(mapped):
        return ""
    return str(value)


def _is_borrowed(mapped: Mapped) -> bool:
    values, path = mapped.values, mapped.paths.get("accession")
    return any(
        values.get(other) == values["accession"] and mapped.paths.get(other) == path
        for other in ("filler_no", "placer_no")
    )


def contradicts(order: Row, mapped: Mapped) -> bool:
    """Return whether two or more of accession, procedure and study say that it is another order.

    One alone may have been corrected.
    """
    differing = 0
    for column in ("accession", "rp_id", "study_uid"):
        source = order.source(column)
        value = sent(mapped, column)
        if value and source and source.rule not in MADE_UP and order.text(column) != value:
            differing += 1
    return differing > 1


def orders_of(
    turn: Turn,
    *,
    placer: Number = NO_NUMBER,
    filler: Number = NO_NUMBER,
    accession: Number = NO_NUMBER,
    study_uid: str = "",
) -> list[Row]:
    """Return the orders under the first of these identifiers that is known, by number.

    They are tried in the order placer, filler, study UID, accession; who needs another order
    asks for one after the other.
    """
    if placer[0] and (found := turn.find(ORDER, "placer", *placer)):
        return found
    if filler[0] and (found := turn.find(ORDER, "filler", *filler)):
        return found
    if study_uid and (found := turn.find(ORDER, "study", study_uid)):
        return found
    return turn.find(ORDER, "accession", *accession) if accession[0] else []


def is_compatible(order: Row, keys: Keys) -> bool:
    """Return whether an order may be the one with these numbers: neither of them contradicts."""
    for name, (number, authority) in (("placer", keys.placer), ("filler", keys.filler)):
        known = order.text(f"{name}_no")
        if number and known and (number, authority) != (known, order.text(f"{name}_authority")):
            return False
    return True


def candidates(turn: Turn, keys: Keys) -> list[Row]:
    """Return the orders that a message may mean, by number.

    The numbers of placer and filler decide. Study UID and accession only name an order whose
    numbers don't contradict, because several orders may share them.
    """
    for name, number in (("placer", keys.placer), ("filler", keys.filler)):
        if number[0]:
            found = [o for o in turn.find(ORDER, name, *number) if is_compatible(o, keys)]
            if found:
                return found
    for found in (
        turn.find(ORDER, "study", keys.study_uid) if keys.study_uid else [],
        turn.find(ORDER, "accession", *keys.accession) if keys.accession[0] else [],
    ):
        if fitting := [order for order in found if is_compatible(order, keys)]:
            return fitting
    return []


def check_tail(turn: Turn, mapped: Mapped) -> None:
    """Take a shortened accession number back to its full length where another one ends the same.

    The order is kept then, but not served: no modality can take so long a number.
    """
    whole = str(mapped.values.get("accession_sent", ""))
    if not whole:
        return
    authority = str(mapped.values.get("accession_authority", ""))
    others = turn.find(ORDER, "accession", str(mapped.values["accession"]), authority)
    if all(order.text("accession_sent") == whole for order in others):
        return
    path = mapped.paths["accession"]
    mapped.put("accession", whole, path)
    mapped.rules.pop("accession", None)
    mapped.flags.append("accession_tail_taken")
    if mapped.rules.get("study_uid") == "uid_derived":
        uid = studies.derived_uid(authority, whole, str(mapped.values.get("rp_id", "")))
        mapped.put("study_uid", uid, "", "uid_derived")


def narrowed(turn: Turn, orders: list[Row], mapped: Mapped, steps: list[Mapped]) -> list[Row]:
    """Return those of several orders that the rest of the message speaks of.

    Study UID, requested procedure id, step id and procedure code are asked in turn, as far as they
    were sent and leave any.
    """
    for column in ("study_uid", "rp_id"):
        if len(orders) > 1 and (value := sent(mapped, column)):
            orders = [o for o in orders if o.text(column) == value] or orders
    wanted = [sps_id for step in steps if (sps_id := sent(step, "sps_id"))]
    if len(orders) > 1 and wanted:
        with_step = [
            o for o in orders
            if any(s.text("sps_id") in wanted for s in turn.find(STEP, "order", o.id))
        ]  # fmt: skip
        orders = with_step or orders
    code = mapped.values.get("rp_code")
    if len(orders) > 1 and code:
        orders = [o for o in orders if o.list("rp_code") == code] or orders
    return orders
