"""The fields of a listener."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from hl7console.settings import MIB, AckMode, ListenerSettings, Tls
from hl7console.ui.settings.checks import listener_errors
from hl7console.ui.settings.form import Form, form_values
from hl7console.worklist.profiles import shipped

CODECS = (
    ("utf-8", "UTF-8"),
    ("cp1252", "Western (Windows 1252)"),
    ("iso8859-1", "Western (ISO 8859-1)"),
    ("iso8859-15", "Western with euro (ISO 8859-15)"),
    ("cp1250", "Central European (Windows 1250)"),
    ("iso8859-2", "Central European (ISO 8859-2)"),
    ("cp1251", "Cyrillic (Windows 1251)"),
    ("iso8859-5", "Cyrillic (ISO 8859-5)"),
    ("cp1253", "Greek (Windows 1253)"),
    ("cp1254", "Turkish (Windows 1254)"),
    ("cp1255", "Hebrew (Windows 1255)"),
    ("cp1256", "Arabic (Windows 1256)"),
    ("shift_jis", "Japanese (Shift JIS)"),
    ("iso2022_jp", "Japanese (ISO 2022)"),
    ("gb18030", "Chinese (GB 18030)"),
    ("big5", "Chinese (Big5)"),
    ("euc_kr", "Korean (EUC)"),
)
"""Python codecs and the names that users know them by."""

_OPEN_TEXT = "Anyone on the network can connect, and nothing is encrypted. Choose TLS below."


class ListenerForm(Form):
    """Edits a `ListenerSettings`. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("listenerForm")
        self.taken_names: set[str] = set()
        self._add_address()
        self._add_tls()
        self._add_senders()
        self._add_reading()
        self._add_limits()
        self.changed.connect(self._on_changed)

    def _add_address(self) -> None:
        self.text("name", "Name", "As lists and lights show it.")
        self.choice(
            "host",
            "Reachable from",
            (
                ("127.0.0.1", "This computer only (127.0.0.1)"),
                ("0.0.0.0", "The whole network (0.0.0.0)"),  # noqa: S104
            ),
            "",
            is_editable=True,
        )
        self.number("port", "Port", "0 takes a free one.")
        self.check("enabled", "Listen")

    def _add_tls(self) -> None:
        self.heading("Protection")
        self.choice(
            "tls",
            "TLS",
            (
                (Tls.OFF, "Off"),
                (Tls.SERVER, "On"),
                (Tls.MUTUAL, "On, and clients show a certificate"),
            ),
        )
        pem = "Certificates (*.pem *.crt *.cer);;All files (*)"
        self.path("tls_cert_path", "Certificate", "PEM, with its chain.", file_filter=pem)
        self.path("tls_key_path", "Key", file_filter="Keys (*.key *.pem);;All files (*)")
        self.path("tls_client_ca_path", "Clients' CA", file_filter=pem)
        self.names(
            "allowed_certificate_names",
            "Certificate names",
            "Names let in, with commas between. Empty lets in every client of the CA.",
        )

    def _add_senders(self) -> None:
        self.heading("Who may send")
        self.names(
            "allowed_addresses",
            "Addresses",
            "Addresses or networks such as 10.1.0.0/16. Empty lets in all.",
        )
        self.names(
            "allowed_senders",
            "Senders",
            "MSH-3, or MSH-3|MSH-4. Others are answered AE. Empty lets in all.",
        )

    def _add_reading(self) -> None:
        self.heading("Reading and answering")
        self.choice(
            "ack_mode",
            "Acknowledgement",
            (
                (AckMode.AUTO, "As the message asks (MSH-15, MSH-16)"),
                (AckMode.ORIGINAL, "Always original mode (AA, AE, AR)"),
                (AckMode.ENHANCED, "Always enhanced mode (CA, CE, CR)"),
                (AckMode.NONE, "None"),
            ),
        )
        self.choice(
            "charset_default",
            "Character set",
            CODECS,
            "For messages that name none in MSH-18 and are not UTF-8.",
        )
        self.choice(
            "force_codec",
            "Read always as",
            (("", "What MSH-18 says"), *CODECS),
        )
        self.choice(
            "profile",
            "Mapping profile",
            [(name, name) for name in shipped()],
            "What its messages mean for the worklist.",
        )
        self.check("drop_duplicates", "Do not pass duplicates on")
        self.check("accept_unframed", "Accept messages without MLLP framing")
        self.check("accept_batch", "Accept batches (FHS, BHS)")

    def _add_limits(self) -> None:
        self.heading("Limits")
        self.number("max_message_bytes", "Largest message", unit="MiB", scale=MIB)
        self.number("max_connections", "Connections", unit="at once")
        self.number("idle_timeout_s", "Close when silent for", "0 never does.", unit="s")
        self.number("frame_timeout_s", "Wait inside a message", unit="s")

    def offer_profiles(self, names: Sequence[str]) -> None:
        """Offer these mapping profiles; the one chosen stays."""
        self.set_options("profile", [(name, name) for name in names])

    def _on_changed(self) -> None:
        values = self.values()
        tls = values["tls"]
        for name in ("tls_cert_path", "tls_key_path"):
            self.set_shown(name, is_shown=tls != Tls.OFF)
        for name in ("tls_client_ca_path", "allowed_certificate_names"):
            self.set_shown(name, is_shown=tls == Tls.MUTUAL)
        is_open = tls == Tls.OFF and not is_loopback(str(values["host"]))
        self.show_errors({"host": _OPEN_TEXT} if is_open else {})

    def load(self, settings: ListenerSettings) -> None:
        """Fill the fields."""
        self.set_values(form_values(settings.to_mapping()))

    def check_all(self) -> dict[str, str]:
        """Show what is wrong beside each field, and return it."""
        errors = listener_errors(self.values(), self.taken_names)
        self.show_errors(errors)
        if errors:
            self.focus(next(iter(errors)))
        return errors

    def settings(self) -> ListenerSettings:
        """Return the settings; call `check_all` first."""
        values = self.values()
        values["name"] = str(values["name"]).strip()
        return ListenerSettings.from_mapping(dict(values))


def is_loopback(host: str) -> bool:
    """Return whether an address is reached from this computer only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
