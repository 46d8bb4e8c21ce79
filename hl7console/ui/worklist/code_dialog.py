"""Fill in one procedure code that the table of exam codes lacks."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Command, Console, WorklistInput
from hl7console.ui.settings.form import Value
from hl7console.ui.worklist.command_dialog import CommandDialog
from hl7console.worklist.rows import Row


def code_dialog(row: Row, console: Console, parent: QWidget) -> CommandDialog:
    """Return the question what a sender's code is here."""

    def make(values: dict[str, Value]) -> Command | str:
        code_parts = [
            str(values[f"local_{part}"]).strip() for part in ("code", "meaning", "system")
        ]
        if not all(code_parts) and (any(code_parts) or not str(values["modality"]).strip()):
            return "Type code, name and coding scheme, or the modality alone."
        line = {
            "sender": row.text("sender"),
            "code": row.text("code"),
            "system": row.text("system"),
            **{name: str(value).strip() for name, value in values.items()},
        }
        return WorklistInput("codes", {"rows": [line], "replace": False, "source": "by hand"})

    code = " · ".join(p for p in (row.text("code"), row.text("system"), row.text("text")) if p)
    dialog = CommandDialog(
        "codeDialog",
        "Fill in a code",
        f"{row.text('sender')} sends {code}. What is it here? Orders that come from now on are "
        "mapped with it.",
        "Add to the table",
        console,
        make,
        parent,
    )
    form = dialog.form
    form.text("local_code", "Local code", is_fixed=True)
    form.text("local_meaning", "Name")
    form.text("local_system", "Coding scheme", is_fixed=True)
    form.text("modality", "Modality", "CT, MR, US …; empty leaves it to the order.", is_fixed=True)
    form.set_values({"local_code": row.text("code"), "local_meaning": row.text("text")})
    return dialog
