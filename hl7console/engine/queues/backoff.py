"""How long a queue waits before it tries again.

References:
    IHE ITI TF-2 appendix C.2.3 (a sender may send again what was rejected for the moment).
"""

from __future__ import annotations

from hl7console.settings import DestinationSettings

STEPS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Waits of the first retries, in units of the first one; all further ones are like the last."""


def delay_s(failures: int, settings: DestinationSettings, chance: float) -> float:
    """Return how long to wait, in seconds.

    Args:
        failures: How many tries failed in a row; at least 1.
        settings: The destination's.
        chance: A random number from 0 to 1: senders are not to move in step.
    """
    step = STEPS[min(max(failures, 1), len(STEPS)) - 1]
    wait_s = min(settings.retry_first_s * step, settings.retry_most_s)
    return wait_s * (1.0 + settings.retry_jitter * (2.0 * chance - 1.0))
