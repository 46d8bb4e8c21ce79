"""The form of one channel: e-mail, webhook or command."""

from __future__ import annotations

import shlex
from dataclasses import MISSING, fields

from PySide6.QtWidgets import QLineEdit, QWidget

from hl7console.engine.alerts.channels.approval import channel_kind
from hl7console.settings.alerts import (
    Channel,
    MailTls,
)
from hl7console.ui.alerts.part_form import PartForm
from hl7console.ui.settings.form import Form, Value
from hl7console.ui.theme import fixed_font

KINDS: tuple[tuple[str, str], ...] = (
    ("email", "E-mail"),
    ("webhook", "Webhook"),
    ("command", "Command"),
)
"""Kinds of channels with their titles."""

BLANKS: dict[str, dict[str, Value]] = {
    "email": {"host": "mail.example", "sender": "hl7console@hospital.example",
              "recipients": ("duty@hospital.example",)},
    "webhook": {"url": "https:" + "//alerts.example/hook"},
    "command": {"command": ("notify-duty",)},
}  # fmt: skip
"""What a new one begins with."""

_TLS = (
    (MailTls.STARTTLS, "STARTTLS, on the plain port"),
    (MailTls.TLS, "TLS from the beginning"),
    (MailTls.OFF, "None: readable on the way"),
)
_PEM = "Certificates (*.pem *.crt *.cer);;All files (*)"


def joined(parts: tuple[str, ...]) -> str:
    """Return a program and its arguments on one line, with quotes where they need them."""
    return shlex.join(parts)


def parted(line: str) -> tuple[str, ...] | None:
    """Return program and arguments of a line; None where a quote is not closed."""
    try:
        return tuple(shlex.split(line))
    except ValueError:
        return None


class ChannelForm(PartForm):
    """Edits one channel. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("channelForm", parent)
        self._channel: Channel | None = None
        self._command: QLineEdit | None = None

    def show_channel(self, channel: Channel) -> None:
        """Show a channel; what is typed stays where it says the same."""
        is_other = self._channel is None or type(channel) is not type(self._channel)
        if is_other:
            self._build(channel_kind(channel))
        is_same = not is_other and self.channel() == channel
        self._channel = channel
        if not is_same:
            self._fill(channel.to_mapping())
        self._shown = self._sound()
        self._show_errors()

    def _build(self, kind: str) -> None:
        self._command = None
        form = self._begin_form()
        form.text("name", "Name", "As rules name it.")
        form.check("enabled", "In use")
        {"email": self._add_mail, "webhook": self._add_webhook, "command": self._add_command}[kind](
            form
        )
        form.number("timeout_s", "Gives up after", unit="s")
        self._end_form()

    def _add_mail(self, form: Form) -> None:
        form.text("host", "Mail server", is_fixed=True)
        form.number("port", "Port", "587 with STARTTLS, 465 with TLS, 25 with none.")
        form.choice("tls", "Protection", [(str(value), title) for value, title in _TLS])
        form.path("ca_path", "Authorities", "Trusted ones as PEM. Empty: the system's.",
                  file_filter=_PEM)  # fmt: skip
        form.text("sender", "From", is_fixed=True)
        form.names("recipients", "To", "With commas between.")
        form.text("user", "User", "Empty where the server asks for none.", is_fixed=True)
        form.path("password_path", "Password file", "Its first line; the password is no setting.")

    def _add_webhook(self, form: Form) -> None:
        form.text("url", "Address", "Gets a POST of JSON.", is_fixed=True)
        form.path("ca_path", "Authorities", "Trusted ones as PEM. Empty: the system's.",
                  file_filter=_PEM)  # fmt: skip
        form.path("token_path", "Token file", "Its first line is sent as Authorization: Bearer.")

    def _add_command(self, form: Form) -> None:
        edit = self._command = QLineEdit()
        edit.setFont(fixed_font())
        form.custom(
            "command", "Program", edit,
            "Program and arguments, in quotes where they hold blanks; no shell. The alert comes as "
            "JSON on its standard input.",
            get=lambda: parted(edit.text()) or (),
            put=lambda value: edit.setText(joined(value if isinstance(value, tuple) else ())),
        )  # fmt: skip
        edit.textChanged.connect(form.changed)

    # Using it

    def channel(self) -> Channel | None:
        """Return what the fields hold; None where it is not sound, which is shown then."""
        return self._made(self._channel) if self._channel is not None else None

    def changes(self) -> dict[str, Value | None]:
        """Return what was changed since the channel was shown; None where it is as usual."""
        if self._channel is None:
            return {}
        usual = {c.name: c.default for c in fields(self._channel) if c.default is not MISSING}
        return {
            name: None if name in usual and usual[name] == value else value
            for name, value in self._changed().items()
        }

    def _show_errors(self) -> bool:
        values, errors = self._sound(), {}
        for name, value in values.items():
            if name in ("port", "timeout_s") and (not isinstance(value, int | float) or value <= 0):
                errors[name] = "Must be a number above 0."
            elif name in ("host", "sender", "recipients", "url", "command") and not value:
                errors[name] = "This is needed."
        if self._command is not None and parted(self._command.text()) is None:
            errors["command"] = "A quote is not closed."
        if not values["name"]:
            errors["name"] = "A channel needs a name."
        elif values["name"] in self._taken:
            errors["name"] = "Another channel has this name."
        self.form.show_errors(errors)
        return bool(errors)
