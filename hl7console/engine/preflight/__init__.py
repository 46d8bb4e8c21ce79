"""What sending will do, said before: destination, control ids, newer messages, orders, identity."""

from __future__ import annotations

from hl7console.engine.preflight.checking import Told, preflight
from hl7console.engine.preflight.findings import PreflightFinding, PreflightSubject

__all__ = ["PreflightFinding", "PreflightSubject", "Told", "preflight"]
