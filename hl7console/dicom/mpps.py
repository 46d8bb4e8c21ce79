"""Performed procedure steps that modalities tell of.

What is answered with success was written to the journal before.

References:
    DICOM PS3.4 Annex F.7.2 (N-CREATE, N-SET), Tables F.7.2-1 and F.7.2-2 (status).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping

from hl7console.worklist.matching import Element, Item

SUCCESS, INVALID_VALUE, PROCESSING_FAILURE = 0x0000, 0x0106, 0x0110
NO_SUCH_INSTANCE, DUPLICATE_INSTANCE, MISSING_ATTRIBUTE = 0x0112, 0x0111, 0x0120
MAY_NOT_BE_UPDATED = 0xA710
"""Error ID."""

STATUS = "PerformedProcedureStepStatus"
IN_PROGRESS = "IN PROGRESS"
FINAL = frozenset({"COMPLETED", "DISCONTINUED"})

REMEMBERED = 10_000
"""Steps whose state is remembered until the worklist has it."""

Body = dict[str, object]


class PerformedSteps:
    """Checks and writes down what modalities tell. Any thread.

    Args:
        put: Writes an input to the journal; returns when it is there, raises when it cannot be.
        stored: Returns the attributes that the worklist knows of a step, by its UID, with its
            status among them; nothing for an unknown step.
    """

    def __init__(self, put: Callable[[Body], None], stored: Callable[[str], Item]) -> None:
        self._put = put
        self._stored = stored
        self._lock = threading.Lock()
        self._recent: OrderedDict[str, tuple[str, Item]] = OrderedDict()

    def create(self, uid: str, values: Item, calling_aet: str) -> tuple[int, str]:
        """Take an N-CREATE; return status and comment."""
        status = _status_of(values)
        if not uid:
            return INVALID_VALUE, "Affected SOP Instance UID is missing"
        if not status:
            return MISSING_ATTRIBUTE, f"{STATUS} is missing"
        if status != IN_PROGRESS:
            return INVALID_VALUE, f"{STATUS} must be IN PROGRESS"
        with self._lock:
            if self._state_of(uid):
                return DUPLICATE_INSTANCE, "The step is known already"
            self._write("create", uid, values, calling_aet, status)
        return SUCCESS, ""

    def set(self, uid: str, values: Item, calling_aet: str) -> tuple[int, str]:
        """Take an N-SET; return status and comment."""
        status = _status_of(values)
        with self._lock:
            known = self._state_of(uid)
            if not known:
                return NO_SUCH_INSTANCE, "The step is not known"
            if known in FINAL:
                return PROCESSING_FAILURE, (
                    "Performed Procedure Step Object may no longer be updated"
                )
            if status and status != IN_PROGRESS and status not in FINAL:
                return INVALID_VALUE, f"{STATUS} must be IN PROGRESS, COMPLETED or DISCONTINUED"
            self._write("set", uid, values, calling_aet, status or known)
        return SUCCESS, ""

    def get(self, uid: str) -> Item | None:
        """Return what is known of a step; None for an unknown one."""
        with self._lock:
            state = self._state_of(uid)
            if not state:
                return None
            # Of a step that began before a restart, only what was told since is remembered.
            told = self._recent.get(uid, (state, {}))[1]
            return {**self._stored(uid), **told, STATUS: (state,)}

    def _state_of(self, uid: str) -> str:
        return self._recent[uid][0] if uid in self._recent else _status_of(self._stored(uid))

    def _write(self, operation: str, uid: str, values: Item, aet: str, status: str) -> None:
        self._put(
            {
                "operation": operation,
                "sop_uid": uid,
                "calling_aet": aet,
                "values": {keyword: plain(value) for keyword, value in values.items()},
            }
        )
        known = self._recent.pop(uid, ("", {}))[1]
        self._recent[uid] = (status, known | values)
        if len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)


def plain(value: Element) -> object:
    """Return a value as the journal takes it: text, a list of texts, or a list of items."""
    if isinstance(value, list):
        return [{keyword: plain(part) for keyword, part in item.items()} for item in value]
    if not value:
        return ""
    return value[0] if len(value) == 1 else list(value)


def _status_of(values: Mapping[str, Element]) -> str:
    value = values.get(STATUS, ())
    return str(value[0]).strip() if value and isinstance(value[0], str) else ""
