"""What each order control code does, for all orders of one message.

References: order-states sections 2, 3 and 5.
"""

from __future__ import annotations

from collections.abc import Callable

from hl7console.worklist import evidence, waiting
from hl7console.worklist.finding import (
    candidates,
    check_tail,
    contradicts,
    keys_of_order,
    narrowed,
    sent,
)
from hl7console.worklist.mapped import MappedOrder
from hl7console.worklist.rows import ORDER, STEP, Row
from hl7console.worklist.rules import control, orders_family, orders_new, orders_waiting
from hl7console.worklist.rules.control import Meaning, meaning_of
from hl7console.worklist.rules.orders_change import (
    UNBORN,
    apply_known,
    differences,
    fill_numbers,
)
from hl7console.worklist.rules.orders_message import OrderMessage
from hl7console.worklist.rules.orders_told import Told, told_by
from hl7console.worklist.states import FINAL, Rank, StepState, is_started_or_final, request_state
from hl7console.worklist.turn import Severity


def apply_orders(message: OrderMessage, mapped: list[MappedOrder]) -> None:
    """Apply the mapped orders of a message, all or none.

    Raises:
        RefusedError: One of them can't be applied.
    """
    if not mapped:
        message.turn.refuse("order_without_orc", "ORC")
    overrides, options = message.profile.control, message.profile.options
    resent: list[Row] = []
    for one in joined(mapped):
        check_tail(message.turn, one.order)
        meaning = meaning_of(one.control)
        code = None
        if meaning == Meaning.EMPTY:
            meaning, code = _meaning_of_empty(message, one)
        told = told_by(one, message.source, overrides, options, code)
        if code is not None:
            told.mapped.control = code
        known = _known(message, told)
        resent += _RULES[meaning](message, told, known)
    for order in resent:
        _find_missing(message, order)


def joined(mapped: list[MappedOrder]) -> list[MappedOrder]:
    """Return the orders, with pairs of ORC and OBR that are steps of one procedure made one.

    They are where control, numbers, study, procedure and code are the same, and each has a step id
    of its own.
    """
    if len(mapped) < 2:
        return mapped
    found: list[MappedOrder] = []
    by_key: dict[tuple[str, ...], MappedOrder] = {}
    for one in mapped:
        ids = [sent(step, "sps_id") for step in one.steps]
        if not all(ids):
            found.append(one)
            continue
        get = one.order.values.get
        columns = ("placer_no", "filler_no", "accession", "study_uid", "rp_id", "rp_code")
        key = (one.control, one.status, *[str(get(column, "")) for column in columns])
        first = by_key.get(key)
        if first is None:
            by_key[key] = one
            found.append(one)
            continue
        have = {sent(step, "sps_id") for step in first.steps}
        if have.isdisjoint(ids):
            first.steps = [*first.steps, *one.steps]
        else:
            found.append(one)
    return found


def _meaning_of_empty(message: OrderMessage, mapped: MappedOrder) -> tuple[Meaning, str]:
    told = Told(mapped, message.source, "", "", Rank.PLACER)
    known = _known(message, told)
    message.turn.note("control_missing", known[0] if known else None, Severity.FLAG,
                      mapped.control_path)  # fmt: skip
    mapped.order.flags.append("control_missing")
    return (Meaning.CHANGE, "XO") if known else (Meaning.NEW, "NW")


def _known(message: OrderMessage, told: Told) -> list[Row]:
    """Return the orders that an ORC is about and that no ORC before it was about."""
    turn, mapped = message.turn, told.mapped
    found = [o for o in candidates(turn, told.keys) if o.id not in message.claimed]
    if meaning_of(told.control) in _MAKING:
        persons = [person.id for person in message.known_persons()]
        found = [
            order
            for order in found
            if [order.number("patient")] != persons or not contradicts(order, mapped.order)
        ]
    if not found and told.keys.study_uid:
        found = _by_step(message, told)
    return narrowed(turn, found, mapped.order, mapped.steps) if len(found) > 1 else found


def _by_step(message: OrderMessage, told: Told) -> list[Row]:
    """Return the order of the very step that a message names, though their numbers differ.

    A new order for a step that has ended is a new order.
    """
    turn = message.turn
    for sps_id in told.sps_ids():
        for step in turn.find(STEP, "key", told.keys.study_uid, sps_id):
            order = turn.get(ORDER, step.number("order"))
            if order is None or order.id in message.claimed:
                continue
            is_new = meaning_of(told.control) in _MAKING
            if not (is_new and step.text("state") in FINAL):
                return [order]
    return []


def _new(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """NW: a new order, or one that is known already."""
    if not known:
        orders_new.create(message, told)
        return []
    order = known[0]
    message.claimed[order.id] = None
    message.check_patient(order, told)
    turn = message.turn
    path = told.mapped.control_path
    if evidence.is_older(order, told.source, told.time):
        _change(message, told, order)
        return []
    differing = differences(turn, order, told)
    is_first = any(flag in order.list("flags") for flag in UNBORN)
    if not differing and not is_first:
        turn.note("same_content", order, Severity.IGNORED, path)
        return _meet(message, order, told)
    if not is_first:
        if any(is_started_or_final(step) for step in turn.find(STEP, "order", order.id)):
            message.keep_conflict("new_order_after_start", order, path, differing)
            return []
        turn.add_flag(order, "duplicate_new", path, columns=", ".join(differing))
    if message.person is not None:
        message.fill_patient(message.patient_of_new(), told)
    return _change(message, told, order)


def _change(message: OrderMessage, told: Told, order: Row) -> list[Row]:
    """Apply fields and state to a known order; return it if the message tells its steps by id."""
    turn = message.turn
    orders_new.check_free(message, told, [order.number("patient")], order)
    before = keys_of_order(order)
    apply_known(turn, order, told)
    if keys_of_order(order) != before:
        orders_new.got_keys(turn, order)
    return _meet(message, order, told)


def _meet(message: OrderMessage, order: Row, told: Told) -> list[Row]:
    named = told.sps_ids()
    for step in message.turn.find(STEP, "order", order.id):
        if step.text("sps_id") in named:
            message.met_steps[step.id] = None
    return [order] if named else []


def _update(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """XO and SC: a change of a known order; an unknown one is made if it is complete, or waits."""
    if not known:
        _update_unknown(message, told)
        return []
    order = known[0]
    message.claimed[order.id] = None
    message.check_patient(order, told)
    if meaning_of(told.control) == Meaning.STATUS:
        told.has_fields = False
        fill_numbers(message.turn, order, told.mapped.order)
    return _change(message, told, order)


def _update_unknown(message: OrderMessage, told: Told) -> None:
    options = message.profile.options
    if told.wish in ("", control.REPORT_ERROR):
        code = "sender_lacks_order" if told.wish else "control_unmapped"
        message.note(code, None, Severity.ERROR, told)
    elif told.wish in ("CANCELED", control.STOP, control.REPLACE):
        _hold(message, told, waiting.TOMBSTONE)
    elif (
        options.create_by_update
        and told.wish not in ("DISCONTINUED", "DEPARTED", control.PREVIOUS)
        and orders_new.is_complete(message, told)
    ):
        orders_new.create(message, told, "created_by_update")
    else:
        _hold(message, told, waiting.UPDATE)


def _hold(message: OrderMessage, told: Told, what: str) -> None:
    persons = message.known_persons()
    patient = persons[0] if len(persons) == 1 else None
    orders_waiting.hold(message.turn, told, what, message.person, patient, message.profile.options)


def _state(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """CA, DC, HD, RL and their answers: only the state; PID and PV1 change nothing."""
    told.has_fields = False
    if not known:
        is_hold = told.wish in (control.PREVIOUS, "ON_HOLD")
        if not told.wish:
            message.note("control_unmapped", None, Severity.ERROR, told)
        else:
            _hold(message, told, waiting.UPDATE if is_hold else waiting.TOMBSTONE)
        return []
    for order in known:
        message.claimed[order.id] = None
        message.check_patient(order, told)
        apply_known(message.turn, order, told)
    return []


def _number(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """SN and NA: a number for an order that lacks it."""
    if not known:
        _update_unknown(message, told)
        return []
    order = known[0]
    message.claimed[order.id] = None
    message.check_patient(order, told)
    if fill_numbers(message.turn, order, told.mapped.order):
        message.note("number_assigned", order, Severity.INFO, told)
        orders_new.got_keys(message.turn, order)
    else:
        message.note("history_only", order, Severity.INFO, told)
    evidence.remember(message.turn, order, told.source, told.time, told.mapped.event_time_path)
    return []


def _history(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """Codes that change nothing."""
    for order in known or [None]:  # type: ignore[list-item]
        message.note("history_only", order, Severity.INFO, told)
    return []


def _unable(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """UC, UD, UX …: what somebody asked for wasn't done; all stays as it is."""
    for order in known:
        message.check_patient(order, told)
        if told.control in control.QUIETLY_UNABLE:
            message.note("unable", order, Severity.INFO, told)
        else:
            message.turn.add_flag(order, "unable", told.mapped.control_path, control=told.control)
    if not known:
        message.note("history_only", None, Severity.INFO, told)
    return []


def _error(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """DE: the sender tells of an error of its own."""
    message.note("sender_data_error", known[0] if known else None, Severity.ERROR, told)
    return []


def _unknown(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """A code that isn't in the table."""
    message.note("control_unknown", known[0] if known else None, Severity.ERROR, told)
    return []


def _replaced(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """RP, RU, RQ: the order is withdrawn, and another takes its place."""
    _state(message, told, known)
    for order in known:
        orders_family.find_replacement(message, order, told)
    return []


def _replacement(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """RO: a new order in the place of another."""
    result = _new(message, told, known)
    for order in known or list(_made(message)):
        if not order.number("replaces"):
            orders_family.join_replaced(message, order, told)
    return result


def _child(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """CH: a new order under a parent."""
    result = _new(message, told, known)
    for order in known or list(_made(message)):
        orders_family.join_parent(message, order, told)
    return result


def _parent(message: OrderMessage, told: Told, known: list[Row]) -> list[Row]:
    """PA: the order stays, but is not done itself."""
    if known:
        order = known[0]
        message.claimed[order.id] = None
        message.check_patient(order, told)
    else:
        order = orders_new.create(message, told)
    orders_family.make_parent(message.turn, order, told)
    message.parent = order
    return []


def _made(message: OrderMessage) -> list[Row]:
    """Return the order that was just made."""
    order = message.turn.get(ORDER, next(reversed(message.claimed)))
    return [order] if order is not None else []


def _find_missing(message: OrderMessage, order: Row) -> None:
    """Flag steps of the same procedure that a message with all of it has left out."""
    turn = message.turn
    if not order.text("study_uid"):
        return
    met = message.met_steps
    for other in turn.find(ORDER, "study", order.text("study_uid")):
        if other.text("rp_id") != order.text("rp_id"):
            continue
        for step in turn.find(STEP, "order", other.id):
            if step.id in met or is_started_or_final(step):
                continue
            turn.add_flag(step, "missing_in_update", "ORC")
            if message.profile.options.cancel_missing_in_update:
                request_state(turn, step, StepState.CANCELED, Rank.FILLER, path="ORC",
                              rule="missing_in_update")  # fmt: skip


_MAKING = (Meaning.NEW, Meaning.REPLACEMENT, Meaning.CHILD)
_Rule = Callable[[OrderMessage, Told, list[Row]], list[Row]]
_RULES: dict[Meaning, _Rule] = {
    Meaning.NEW: _new,
    Meaning.CHANGE: _update,
    Meaning.STATUS: _update,
    Meaning.STATE: _state,
    Meaning.NUMBER: _number,
    Meaning.UNABLE: _unable,
    Meaning.HISTORY: _history,
    Meaning.ERROR: _error,
    Meaning.UNKNOWN: _unknown,
    Meaning.REPLACED: _replaced,
    Meaning.REPLACEMENT: _replacement,
    Meaning.PARENT: _parent,
    Meaning.CHILD: _child,
}
