"""The fields of a destination."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from hl7console.settings import DestinationSettings, Environment, Tls
from hl7console.ui.settings.checks import destination_errors
from hl7console.ui.settings.form import Form, form_values


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
        self.heading("Answers")
        self.number("connect_timeout_s", "Wait for a connection", unit="s")
        self.number("response_timeout_s", "Wait for an answer", unit="s")
        self.check("lenient_msa2", "Accept answers whose MSA-2 is empty")
        self.changed.connect(self._on_changed)

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
        tls = self.values()["tls"]
        for name in ("tls_ca_path", "tls_check_host"):
            self.set_shown(name, is_shown=tls != Tls.OFF)
        for name in ("tls_cert_path", "tls_key_path"):
            self.set_shown(name, is_shown=tls == Tls.MUTUAL)
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
        return DestinationSettings.from_mapping(dict(values))
