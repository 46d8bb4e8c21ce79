"""What all settings share: reading from plain values, and the checks of names, ports and codecs."""

from __future__ import annotations

import codecs
import dataclasses
from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from hl7console.errors import UsageError

MIB = 1024 * 1024
"""Bytes in a mebibyte."""


class Tls(StrEnum):
    """How an interface protects its connections."""

    OFF = "off"
    SERVER = "server"
    """The server shows a certificate."""
    MUTUAL = "mutual"
    """Both sides show a certificate."""


class FromMapping:
    """Reads a settings value from JSON or TOML, and writes it back."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Self:
        """Build and validate from plain values; unknown keys are a `UsageError`."""
        names = {f.name for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
        unknown = sorted(set(values) - names)
        if unknown:
            raise UsageError(f"Unknown setting: {', '.join(unknown)}.")
        made = cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
        made.validate()
        return made

    def to_mapping(self) -> dict[str, object]:
        """Return plain values (str, int, float, bool, list), ready for JSON or TOML."""
        return {
            k: list(v) if isinstance(v, tuple) else (str(v) if isinstance(v, StrEnum) else v)
            for k, v in dataclasses.asdict(self).items()  # type: ignore[call-overload]
        }

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""


def check_name(name: str) -> None:
    """Raise `UsageError` unless it can name an interface."""
    if not name.strip() or len(name) > 64 or any(ord(c) < 32 for c in name):
        raise UsageError("An interface needs a name of 1 to 64 characters.")


def check_port(port: int, *, lowest: int) -> None:
    """Raise `UsageError` unless it is a TCP port from `lowest` on."""
    if not lowest <= port <= 65535:
        raise UsageError(f"A port must be between {lowest} and 65535.")


def check_codec(codec: str) -> None:
    """Raise `UsageError` unless Python has this codec; empty stands for none."""
    if codec:
        try:
            codecs.lookup(codec)
        except LookupError:
            raise UsageError(f"Unknown character set: {codec}.") from None
