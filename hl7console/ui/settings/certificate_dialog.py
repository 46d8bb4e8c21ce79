"""Make a CA and, with it, the certificates of listeners and senders; or read one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine import certificates
from hl7console.engine.certificates import CertificateFiles, CertificateInfo
from hl7console.errors import ConsoleError
from hl7console.ui.settings.form import Form, Value
from hl7console.ui.settings.test_result import TestResult
from hl7console.ui.theme import GRID
from hl7console.ui.worker import Worker

_PEM = "Certificates (*.pem *.crt *.cer);;All files (*)"

_HINTS = {
    "ca": "The CA signs the others. Give its certificate to the other side; its key stays here.",
    "server": "A listener shows it. It must name the host as senders write it.",
    "client": "A sender shows it to a listener that asks for certificates.",
}


def certificate_details(info: CertificateInfo) -> tuple[tuple[str, str], ...]:
    """Return what a certificate says, as name and value pairs."""
    left = info.days_left
    until = f"{info.not_after:%Y-%m-%d}"
    if info.is_not_yet_valid:
        validity = f"not before {info.not_before:%Y-%m-%d}"
    elif left < 0:
        validity = f"expired on {until}"
    else:
        validity = f"until {until}, {left:,} days left"
    pairs = (
        ("Subject", info.subject),
        ("Issuer", info.issuer),
        ("Names", ", ".join(info.names)),
        ("Valid", validity),
        ("Key", info.key),
        ("Use", "CA" if info.is_ca else "not a CA"),
        ("SHA-256", info.fingerprint),
    )
    return tuple((name, value) for name, value in pairs if value)


class CertificateDialog(QDialog):
    """Makes one certificate at a time, off the GUI thread. GUI thread only."""

    made = Signal(str, object)
    """Kind (``ca``, ``server``, ``client``) and `CertificateFiles`."""

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("certificateDialog")
        self.setWindowTitle("Make a certificate")
        self.setMinimumWidth(620)
        self._worker = Worker("certificates", self)
        self.form = self._built_form(folder)
        self._hint = QLabel()
        self._hint.setProperty("role", "muted")
        self._hint.setWordWrap(True)
        self.outcome = TestResult()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2 * GRID, 0, 0)
        inside = QVBoxLayout()
        inside.setContentsMargins(3 * GRID, 0, 3 * GRID, GRID)
        title = QLabel("Make a certificate")
        title.setProperty("role", "title")
        for part in (title, self._hint, self.form):
            inside.addWidget(part)
        layout.addLayout(inside)
        layout.addStretch(1)
        layout.addWidget(self.outcome)
        layout.addLayout(self._built_buttons())
        self.form.changed.connect(self._on_changed)
        self._on_changed()

    def _built_form(self, folder: Path) -> Form:
        form = Form()
        form.choice(
            "kind",
            "Make",
            (("ca", "A CA"), ("server", "A listener's certificate"), ("client", "A sender's")),
        )
        form.text("folder", "Folder", "Where its files go.", is_fixed=True)
        form.text("stem", "File name", "Makes NAME.pem and NAME.key.", is_fixed=True)
        form.text("name", "Name")
        form.names("hosts", "Host names", "Names and addresses senders use, commas between.")
        form.path("ca_cert", "CA certificate", file_filter=_PEM)
        form.path("ca_key", "CA key", file_filter="Keys (*.key *.pem);;All files (*)")
        form.number("days", "Valid for", unit="days")
        form.set_values(
            {
                "folder": str(folder),
                "stem": "ca",
                "name": "hl7console CA",
                "hosts": ("localhost", "127.0.0.1"),
                "ca_cert": str(folder / "ca.pem"),
                "ca_key": str(folder / "ca.key"),
                "days": certificates.CA_DAYS,
            }
        )
        self._kind = "ca"
        has_ca = (folder / "ca.pem").is_file()
        if has_ca:
            form.set_values({"kind": "server"})
        return form

    def _built_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(3 * GRID, GRID, 3 * GRID, 2 * GRID)
        self._make = QPushButton("Make")
        self._make.setObjectName("certificate.make")
        self._make.setProperty("kind", "primary")
        self._make.setDefault(True)
        self._make.clicked.connect(self.make)
        read = QPushButton("Show a certificate…")
        read.setObjectName("certificate.read")
        read.clicked.connect(self._on_read)
        close = QPushButton("Close")
        close.setObjectName("certificate.close")
        close.clicked.connect(self.accept)
        row.addWidget(self._make)
        row.addWidget(read)
        row.addStretch(1)
        row.addWidget(close)
        return row

    @Slot()
    def _on_changed(self) -> None:
        kind = str(self.form.values()["kind"])
        self._hint.setText(_HINTS[kind])
        self.form.set_shown("name", is_shown=kind != "server")
        self.form.set_shown("hosts", is_shown=kind == "server")
        for name in ("ca_cert", "ca_key"):
            self.form.set_shown(name, is_shown=kind != "ca")
        if kind != self._kind:
            self._kind = kind
            is_ca = kind == "ca"
            self.form.set_values(
                {
                    "stem": kind,
                    "name": "hl7console CA" if is_ca else "hl7console",
                    "days": certificates.CA_DAYS if is_ca else certificates.LEAF_DAYS,
                }
            )
        self.form.show_errors({})

    @Slot()
    def make(self) -> None:
        """Make what the form says, if it is sound."""
        values = self.form.values()
        errors = _errors(values)
        self.form.show_errors(errors)
        if errors:
            return
        kind = str(values["kind"])
        self._make.setEnabled(False)
        self.outcome.begin("Making…")
        self._worker.call(partial(_make, values), partial(self._on_made, kind), self._on_failed)

    def _on_made(self, kind: str, files: CertificateFiles) -> None:
        self._make.setEnabled(True)
        text = f"Made {files.cert_path.name} and {files.key_path.name} in {files.cert_path.parent}."
        self.outcome.show_good(text, certificate_details(_read(files.cert_path)))
        if kind == "ca":
            self.form.set_values(
                {"ca_cert": str(files.cert_path), "ca_key": str(files.key_path), "kind": "server"}
            )
        self.made.emit(kind, files)

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        self._make.setEnabled(True)
        self.outcome.show_fault(error)

    @Slot()
    def _on_read(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Show a certificate", "", _PEM)
        if chosen:
            self.show_certificate(Path(chosen))

    def show_certificate(self, path: Path) -> None:
        """Show what a certificate file says."""
        self._worker.call(
            partial(_read, path),
            lambda info: self.outcome.show_good(path.name, certificate_details(info)),
            self._on_failed,
        )

    def done(self, result: int) -> None:
        self._worker.stop()
        super().done(result)


def _errors(values: Mapping[str, Value]) -> dict[str, str]:
    errors = {}
    if not str(values["folder"]).strip():
        errors["folder"] = "Needed: a folder."
    stem = str(values["stem"]).strip()
    if not stem or Path(stem).name != stem or "\\" in stem:
        errors["stem"] = "Needed: a file name without a folder."
    days = values["days"]
    if not isinstance(days, int) or not 1 <= days <= 36500:
        errors["days"] = "Must be a number of days from 1 on."
    kind = values["kind"]
    if kind == "server" and not values["hosts"]:
        errors["hosts"] = "Needed: at least one host name or address."
    if kind != "server" and not str(values["name"]).strip():
        errors["name"] = "Needed: a name."
    if kind != "ca":
        for name in ("ca_cert", "ca_key"):
            if not Path(str(values[name])).is_file():
                errors[name] = "There is no such file. Make a CA first."
    return errors


def _make(values: Mapping[str, Value]) -> CertificateFiles:
    """Make the files. Worker thread."""
    folder, stem = Path(str(values["folder"])).expanduser(), str(values["stem"]).strip()
    days = values["days"] if isinstance(values["days"], int) else certificates.LEAF_DAYS
    name = str(values["name"]).strip()
    if values["kind"] == "ca":
        return certificates.make_authority(folder, name=name, file_stem=stem, days=days)
    authority = CertificateFiles(Path(str(values["ca_cert"])), Path(str(values["ca_key"])))
    hosts = values["hosts"]
    if values["kind"] == "server":
        names = [str(h) for h in hosts] if isinstance(hosts, tuple) else []
        return certificates.make_server_certificate(
            folder, authority, host_names=names, file_stem=stem, days=days
        )
    return certificates.make_client_certificate(
        folder, authority, name=name, file_stem=stem, days=days
    )


def _read(path: Path) -> CertificateInfo:
    return certificates.read_certificate(path)
