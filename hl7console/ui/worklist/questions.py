"""The dialogs in which an operator changes a line by hand."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Command, Console
from hl7console.store.worklist.records import StepDetails
from hl7console.ui.settings.form import Value
from hl7console.ui.worklist import inputs, words
from hl7console.ui.worklist.command_dialog import CommandDialog


def station_dialog(
    details: StepDetails, stations: Sequence[str], console: Console, parent: QWidget
) -> CommandDialog:
    """Return the question on which stations a step is."""

    def make(values: dict[str, Value]) -> Command | str:
        aets = values["aets"]
        names = list(aets) if isinstance(aets, tuple) else []
        if not names:
            return "Type the AE title of a station."
        return inputs.set_station(details, names)

    dialog = CommandDialog(
        "stationDialog",
        "Set the station",
        "The step stands on these stations from now on, whatever later messages say, until the "
        "value is unlocked.",
        "Set the station",
        console,
        make,
        parent,
    )
    known = f"Known: {', '.join(stations[:12])}" if stations else ""
    dialog.form.names("aets", "AE titles", known)
    now = details.line.get("station_aet", ())
    if not isinstance(now, str | int):
        dialog.form.set_values({"aets": tuple(str(name) for name in now)})
    return dialog


def state_dialog(
    details: StepDetails, state: str, console: Console, parent: QWidget
) -> CommandDialog:
    """Return the question which state a step has; beginning with one."""

    def make(values: dict[str, Value]) -> Command | str:
        reason = str(values["reason"]).strip()
        if not reason:
            return "Say why: it stands in the history of the line."
        return inputs.set_state(details, str(values["state"]), reason)

    is_cancel = state == "CANCELED"
    dialog = CommandDialog(
        "stateDialog",
        "Cancel the step" if is_cancel else "Set the state",
        "Modalities are no longer shown the step." if is_cancel
        else "What an operator says counts more than any message, until a newer operator's word.",
        "Cancel the step" if is_cancel else "Set the state",
        console,
        make,
        parent,
    )  # fmt: skip
    options = [(code, name) for code, (name, _) in words.STATES.items()]
    dialog.form.choice("state", "State", options)
    dialog.form.text("reason", "Reason", "Stands in the history of the line.")
    dialog.form.set_values({"state": state or details.step.text("state")})
    dialog.form.focus("reason")
    return dialog


def edit_dialog(
    details: StepDetails, column: str, console: Console, parent: QWidget
) -> CommandDialog:
    """Return the question which value a column has; beginning with one column."""

    def make(values: dict[str, Value]) -> Command | str:
        value = str(values["value"]).strip()
        return inputs.edit(details, str(values["column"]), value)

    dialog = CommandDialog(
        "editDialog",
        "Edit a value",
        "The value is locked: messages do not change it until it is unlocked. Names are written "
        "as Family^Given, dates as YYYYMMDD, times as HHMMSS.",
        "Save the value",
        console,
        make,
        parent,
    )
    titles = [(name, words.column_words(name).capitalize()) for name in inputs.EDITABLE]
    dialog.form.choice("column", "Value", sorted(titles, key=lambda pair: pair[1]))
    dialog.form.text("value", "New value")

    def show_now() -> None:
        chosen = str(dialog.form.values()["column"])
        if chosen != shown[0]:
            shown[0] = chosen
            now = details.line.get(chosen, "")
            dialog.form.set_values({"value": now if isinstance(now, str) else str(now)})

    shown = [""]
    dialog.form.set_values({"column": column if column in inputs.EDITABLE else "modality"})
    show_now()
    dialog.form.changed.connect(show_now)
    dialog.form.focus("value")
    return dialog


def unlock_dialog(details: StepDetails, console: Console, parent: QWidget) -> CommandDialog:
    """Return the question which locked value messages may change again."""

    def make(values: dict[str, Value]) -> Command | str:
        return inputs.unlock(details, str(values["column"]))

    dialog = CommandDialog(
        "unlockDialog",
        "Unlock a value",
        "The next message that has the value changes it again.",
        "Unlock",
        console,
        make,
        parent,
    )
    columns = inputs.locked_columns(details)
    dialog.form.choice(
        "column", "Value", [(c, words.column_words(c).capitalize()) for c in columns]
    )
    return dialog


def undo_dialog(entry: int, title: str, console: Console, parent: QWidget) -> CommandDialog:
    """Return the question why a merge is taken back."""

    def make(values: dict[str, Value]) -> Command | str:
        reason = str(values["reason"]).strip()
        return inputs.void(entry, reason) if reason else "Say why: it stands in the history."

    dialog = CommandDialog(
        "undoDialog",
        "Undo a merge",
        f"{title} is left out, and all that came since for these persons is applied again. "
        "Nothing is lost: the merge stays in the history.",
        "Undo the merge",
        console,
        make,
        parent,
    )
    dialog.form.text("reason", "Reason")
    dialog.form.focus("reason")
    return dialog


def settle_dialog(entry: int, console: Console, parent: QWidget) -> CommandDialog:
    """Return the question what came of a conflict."""

    def make(values: dict[str, Value]) -> Command | str:
        note = str(values["note"]).strip()
        return inputs.resolve_conflict(entry, note) if note else "Say what was done."

    dialog = CommandDialog(
        "settleDialog",
        "Mark as settled",
        "It leaves the list of conflicts. What was done about it stands in the history.",
        "Mark as settled",
        console,
        make,
        parent,
    )
    dialog.form.text("note", "What was done")
    dialog.form.focus("note")
    return dialog
