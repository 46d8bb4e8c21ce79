"""Forms for the settings of DICOM and of routes: one control a field, by its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hl7console.errors import UsageError
from hl7console.settings import AeRules, PacsSettings, RouteSettings, Tls, WorklistServiceSettings
from hl7console.ui.settings.form import Form, Value, form_values

Record = WorklistServiceSettings | AeRules | PacsSettings | RouteSettings

_TLS = ((Tls.OFF, "Off"), (Tls.SERVER, "On"), (Tls.MUTUAL, "On, and both show a certificate"))

CHOICES: dict[str, Sequence[tuple[str, str]]] = {
    "tls": _TLS,
    "host": (
        ("127.0.0.1", "This computer only (127.0.0.1)"),
        ("0.0.0.0", "The whole network (0.0.0.0)"),  # noqa: S104 - offered, not taken
    ),
    "station_filter": (
        ("asked", "The stations that the query names"),
        ("caller_if_absent", "Its own, where the query names none"),
        ("caller", "Its own, whatever the query says"),
    ),
    "transliterate": (("", "As it is"), ("ascii", "In ASCII letters"), ("latin1", "In Latin 1")),
}
"""By field: what can be chosen, as (value, title) pairs."""


class RecordForm(Form):
    """Edits one settings value. GUI thread only.

    Args:
        name: Object name.
        blank: The value that a new one begins with; its fields make the form.
        fields: By field: its label and help; a heading stands before a field under ``#field``.
    """

    def __init__(self, name: str, blank: Record, fields: Mapping[str, tuple[str, str]]) -> None:
        super().__init__()
        self.setObjectName(name)
        self._blank = blank
        values = form_values(blank.to_mapping())
        for field, (label, told) in fields.items():
            if field.startswith("#"):
                self.heading(label)
            else:
                self._add_field(field, label, told, values[field])
        if "tls" in fields:
            self.changed.connect(self._show_protection)
            self._show_protection()

    def _show_protection(self) -> None:
        """Show certificates only where there is TLS."""
        values = self.values()
        for field in values:
            if field.startswith("tls_") or field == "allowed_certificate_names":
                self.set_shown(field, is_shown=values["tls"] != Tls.OFF)

    def _add_field(self, field: str, label: str, told: str, value: Value) -> None:
        if field in CHOICES:
            self.choice(field, label, CHOICES[field], told, is_editable=field == "host")
        elif isinstance(value, bool):
            self.check(field, label, told)
        elif isinstance(value, int | float):
            self.number(field, label, told)
        elif isinstance(value, tuple):
            self.names(field, label, told)
        elif field.endswith("_path"):
            pem = "Certificates and keys (*.pem *.crt *.cer *.key);;All files (*)"
            self.path(field, label, told, file_filter=pem)
        else:
            self.text(field, label, told, is_fixed=field not in ("name", "description"))

    def load(self, record: Record) -> None:
        """Fill the fields."""
        self._blank = record
        self.set_values(form_values(record.to_mapping()))
        self.show_errors({})

    def record(self) -> Record | None:
        """Return what the fields hold; None where it is not sound, which is shown then."""
        values = {name: self._sound(name, value) for name, value in self.values().items()}
        errors = self._errors(values)
        if not errors:
            try:
                made = type(self._blank).from_mapping({**self._blank.to_mapping(), **values})
                made.validate()
            except UsageError as error:
                errors = {next(iter(values)): error.full_text}
            else:
                self.show_errors({})
                return made
        self.show_errors(errors)
        self.focus(next(iter(errors)))
        return None

    def _sound(self, name: str, value: Value) -> Value:
        if isinstance(value, str):
            value = value.strip()
        if isinstance(value, int) and isinstance(getattr(self._blank, name), float):
            return float(value)
        return value

    def _errors(self, values: Mapping[str, Value]) -> dict[str, str]:
        """Return what is wrong with single fields, each tried over sound settings."""
        errors = {}
        for name, value in values.items():
            if name == "tls":
                continue
            try:
                sound = _SOUND[type(self._blank)].to_mapping()
                type(self._blank).from_mapping({**sound, name: value}).validate()
            except UsageError as error:
                errors[name] = error.full_text
            except (TypeError, ValueError):
                errors[name] = "This cannot be understood."
        return errors


_SOUND: dict[type, Record] = {
    WorklistServiceSettings: WorklistServiceSettings(),
    AeRules: AeRules(),
    PacsSettings: PacsSettings("x"),
    RouteSettings: RouteSettings("x", "", ("x",)),
}
"""By kind: settings that are sound, over which single fields are tried."""
