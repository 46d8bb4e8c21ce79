"""Colours of lines and bars, in both schemes."""

from __future__ import annotations

from hl7console.ui.theme import theme

_SERIES = {
    True: ("#58A6FF", "#4CC56A", "#E0A93B", "#B392F0", "#FF6B6B", "#56C7C7", "#E58ACB", "#9BA7B4"),
    False: ("#0B63C5", "#1A7F37", "#A86A00", "#6639BA", "#C2202B", "#0B7285", "#A6287E", "#5A6673"),
}
"""Colours that tell apart what has no colour of its own, dark and light."""

_FAINT = (1.0, 0.72, 0.48, 0.3)
"""How much of a token's colour its shades have."""


def role_color(role: str) -> str:
    """Return the colour of a token, or of ``series0`` to ``series7``.

    ``ok/1`` to ``ok/3`` are shades of a token, fainter and fainter.
    """
    if role.startswith("series"):
        colors = _SERIES[theme().tokens.is_dark]
        return colors[int(role[6:]) % len(colors)]
    token, _, shade = role.partition("/")
    color = str(getattr(theme().tokens, token))
    return _faint(color, theme().tokens.surface, _FAINT[int(shade)]) if shade else color


def _faint(color: str, ground: str, share: float) -> str:
    """Return a colour of which only a share is left before a ground; all ``#RRGGBB``."""
    parts = (
        round(int(color[n : n + 2], 16) * share + int(ground[n : n + 2], 16) * (1 - share))
        for n in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02X}" for part in parts)
