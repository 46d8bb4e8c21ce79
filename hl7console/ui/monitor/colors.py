"""Colours of lines and bars, in both schemes."""

from __future__ import annotations

from hl7console.ui.theme import theme

_SERIES = {
    True: ("#58A6FF", "#4CC56A", "#E0A93B", "#B392F0", "#FF6B6B", "#56C7C7", "#E58ACB", "#9BA7B4"),
    False: ("#0B63C5", "#1A7F37", "#A86A00", "#6639BA", "#C2202B", "#0B7285", "#A6287E", "#5A6673"),
}
"""Colours that tell apart what has no colour of its own, dark and light."""


def role_color(role: str) -> str:
    """Return the colour of a token, or of ``series0`` to ``series7``."""
    if role.startswith("series"):
        colors = _SERIES[theme().tokens.is_dark]
        return colors[int(role[6:]) % len(colors)]
    return str(getattr(theme().tokens, role))
