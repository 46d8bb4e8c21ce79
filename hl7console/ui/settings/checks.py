"""Which field of a form a fault belongs to.

The rules themselves are those of `hl7console.settings`; here each value is tried alone over sound
defaults, so that its complaint can stand beside its control.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from hl7console.errors import UsageError
from hl7console.settings import (
    LONGEST_RETRY_S,
    SHORTEST_RETRY_S,
    DestinationSettings,
    ListenerSettings,
    Tls,
)
from hl7console.ui.settings.form import Value

_PATHS = ("tls_cert_path", "tls_key_path", "tls_client_ca_path", "tls_ca_path")
_SECONDS = ("idle_timeout_s", "frame_timeout_s", "connect_timeout_s", "response_timeout_s")


def listener_errors(values: dict[str, Value], taken_names: set[str]) -> dict[str, str]:
    """Return what is wrong with a listener's fields, by field."""
    base = ListenerSettings(name="x")
    errors = _alone(base, values, skip=("tls",))
    errors |= _shared(values, taken_names)
    tls = values["tls"]
    if tls != Tls.OFF:
        _need(errors, values, "tls_cert_path", "A TLS listener needs its certificate.")
        _need(errors, values, "tls_key_path", "A TLS listener needs the key of its certificate.")
    if tls == Tls.MUTUAL:
        _need(errors, values, "tls_client_ca_path", "Needed: the CA that clients come from.")
    return errors


def destination_errors(values: dict[str, Value], taken_names: set[str]) -> dict[str, str]:
    """Return what is wrong with a destination's fields, by field."""
    base = DestinationSettings(
        name="x", keep_order=False, retry_first_s=SHORTEST_RETRY_S, retry_most_s=LONGEST_RETRY_S
    )
    errors = _alone(base, values, skip=("tls",))
    errors |= _shared(values, taken_names)
    waits = [values["retry_first_s"], values["retry_most_s"]]
    is_sound = not errors.keys() & {"retry_first_s", "retry_most_s"}
    if is_sound and float(waits[0]) > float(waits[1]):  # type: ignore[arg-type]
        errors["retry_most_s"] = "The longest wait cannot be shorter than the first."
    if values["keep_order"]:
        errors.pop("parallel", None)
    if values["tls"] == Tls.MUTUAL:
        _need(errors, values, "tls_cert_path", "Mutual TLS needs our certificate.")
        _need(errors, values, "tls_key_path", "Mutual TLS needs the key of our certificate.")
    return errors


def _alone(
    base: ListenerSettings | DestinationSettings,
    values: dict[str, Value],
    *,
    skip: tuple[str, ...],
) -> dict[str, str]:
    errors = {}
    for name, value in values.items():
        if name in skip:
            continue
        if isinstance(value, float) and isinstance(getattr(base, name, None), bool | int):
            errors[name] = "Must be a whole number."
            continue
        try:
            changes: dict[str, object] = {name: value}
            dataclasses.replace(base, **changes).validate()  # type: ignore[arg-type]
        except (UsageError, TypeError, ValueError) as error:
            errors[name] = error.text if isinstance(error, UsageError) else "Not a number."
    return errors


def _shared(values: dict[str, Value], taken_names: set[str]) -> dict[str, str]:
    errors = {}
    if str(values["name"]).strip() in taken_names:
        errors["name"] = "Another interface has this name."
    if not str(values["host"]).strip():
        errors["host"] = "Needed: an address or host name."
    for name in _SECONDS:
        seconds = values.get(name, 0)
        if isinstance(seconds, int | float) and seconds < 0:
            errors[name] = "Must be a number of seconds, 0 or more."
    for name in _PATHS:
        path = str(values.get(name, ""))
        if path and values["tls"] != Tls.OFF and not Path(path).is_file():
            errors[name] = "There is no such file."
    return errors


def _need(errors: dict[str, str], values: dict[str, Value], name: str, text: str) -> None:
    if not values[name]:
        errors[name] = text
