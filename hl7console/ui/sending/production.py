"""Which sending asks for a typed confirmation; the engine asks for the same."""

from __future__ import annotations

from collections.abc import Iterable

from hl7console.settings import DestinationSettings, Environment


def production_name(destinations: Iterable[DestinationSettings], target: str) -> str:
    """Return the name to be typed before sending, or nothing when none has to be.

    An address that is a production destination's needs the name as well, under whatever name
    it is chosen.

    Args:
        destinations: Those stored.
        target: A destination's name, or HOST:PORT.
    """
    known = tuple(destinations)
    named = next((d for d in known if d.name == target), None)
    address = _address(named) if named is not None else target.strip().casefold()
    production = [d for d in known if d.environment == Environment.PRODUCTION]
    if named in production:
        return target
    return next((d.name for d in production if _address(d) == address), "")


def _address(settings: DestinationSettings) -> str:
    return f"{settings.host}:{settings.port}".casefold()
