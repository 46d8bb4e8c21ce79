"""The fields of a destination."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from hl7console.settings import DestinationSettings, Environment, OnRefusal, Tls
from hl7console.ui.settings.checks import destination_errors
from hl7console.ui.settings.form import Form, form_values

_CHARSETS = (
    ("", "As it is"),
    ("UNICODE UTF-8", "UNICODE UTF-8"),
    ("8859/1", "8859/1 (Western Europe)"),
    ("8859/2", "8859/2 (Central Europe)"),
    ("8859/15", "8859/15 (Western Europe with €)"),
    ("ASCII", "ASCII"),
)
"""Character sets of table 0211 that are offered; any other can be typed."""


class DestinationForm(Form):
    """Edits a `DestinationSettings`. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("destinationForm")
        self.taken_names: set[str] = set()
        self.text("name", "Name", "As lists and lights show it.")
        self.text("host", "Host", is_fixed=True)
        self.number("port", "Port")
        self.choice(
            "environment",
            "Environment",
            (
                (Environment.TEST, "Test"),
                (Environment.STAGING, "Staging"),
                (Environment.PRODUCTION, "Production"),
            ),
            "Sending to production asks for the destination's name, typed.",
        )
        self.check("enabled", "In use")
        self._add_tls()
        self._add_answers()
        self._add_queue()
        self.heading("What is sent")
        self.choice(
            "charset_out",
            "Character set",
            _CHARSETS,
            "Table 0211. Messages in another one are written in it, with MSH-18 set.",
            is_editable=True,
        )
        self.changed.connect(self._on_changed)

    def _add_answers(self) -> None:
        self.heading("Answers")
        self.number("connect_timeout_s", "Wait for a connection", unit="s")
        self.number("response_timeout_s", "Wait for an answer", unit="s")
        self.number(
            "application_ack_timeout_s",
            "Wait for AA after CA",
            "Where a receiver first says that it has stored a message, then what came of it.",
            unit="s",
        )
        self.check("lenient_msa2", "Accept answers whose MSA-2 is empty")
        self.choice(
            "on_refusal",
            "When it refuses",
            (
                (OnRefusal.PARK, "Put the message into the error list and go on"),
                (OnRefusal.STOP, "Stop the queue until somebody decides"),
            ),
            "A refusal of its content. What the receiver could only not take now is tried again.",
        )
        self.number(
            "max_unknown",
            "Tries without an answer",
            "Then its queue stops, or the message is held where order is not kept. 0: for ever.",
        )

    def _add_queue(self) -> None:
        self.heading("Order and retry")
        self.check("keep_order", "Keep the order: one message at a time")
        self.number(
            "parallel", "Connections", "As many messages are under way at the same time, up to 64."
        )
        self.number("rate_per_s", "At most", "0 sets no limit.", unit="messages a second")
        self.number(
            "retry_first_s",
            "First retry after",
            "Each further one waits longer: 2, 5, 10, 30, 60 times as long.",
            unit="s",
        )
        self.number("retry_most_s", "Longest wait", unit="s")
        self.number(
            "retry_jitter",
            "Jitter",
            "Each wait varies by this share at random, so that senders don't move in step.",
            unit="0 to 1",
        )

    def _add_tls(self) -> None:
        self.heading("Protection")
        self.choice(
            "tls",
            "TLS",
            (
                (Tls.OFF, "Off"),
                (Tls.SERVER, "On"),
                (Tls.MUTUAL, "On, and we show a certificate"),
            ),
        )
        pem = "Certificates (*.pem *.crt *.cer);;All files (*)"
        self.path(
            "tls_ca_path",
            "Receiver's CA",
            "Empty trusts what this computer trusts.",
            file_filter=pem,
        )
        self.check("tls_check_host", "The certificate must name the host")
        self.path("tls_cert_path", "Our certificate", file_filter=pem)
        self.path("tls_key_path", "Our key", file_filter="Keys (*.key *.pem);;All files (*)")

    def _on_changed(self) -> None:
        values = self.values()
        tls = values["tls"]
        for name in ("tls_ca_path", "tls_check_host"):
            self.set_shown(name, is_shown=tls != Tls.OFF)
        for name in ("tls_cert_path", "tls_key_path"):
            self.set_shown(name, is_shown=tls == Tls.MUTUAL)
        self.set_shown("parallel", is_shown=not values["keep_order"])
        self.show_errors({})

    def load(self, settings: DestinationSettings) -> None:
        """Fill the fields."""
        self.set_values(form_values(settings.to_mapping()))

    def check_all(self) -> dict[str, str]:
        """Show what is wrong beside each field, and return it."""
        errors = destination_errors(self.values(), self.taken_names)
        self.show_errors(errors)
        if errors:
            self.focus(next(iter(errors)))
        return errors

    def settings(self) -> DestinationSettings:
        """Return the settings; call `check_all` first."""
        values = self.values()
        values["name"] = str(values["name"]).strip()
        if values["keep_order"]:
            values["parallel"] = 1
        return DestinationSettings.from_mapping(dict(values))
