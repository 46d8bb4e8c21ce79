"""The one icon set (Lucide), drawn in the colours of the theme.

Icons are line drawings without a colour of their own; each is rendered for the scheme in force
at the scale of every screen there is, so that it is sharp on each.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from hl7console import assets
from hl7console.ui.theme import Theme, theme

_DISABLED_OPACITY = 0.4


@lru_cache(maxsize=256)
def _svg(name: str) -> str:
    return assets.read_text(f"icons/{name}.svg")


def pixmap(name: str, color: QColor, size: int = 16, scale: float = 1.0) -> QPixmap:
    """Return an icon in one colour, `size` device-independent pixels square. GUI thread only.

    Raises:
        FileNotFoundError: There is no such icon in ``resources/icons``.
    """
    drawn = QPixmap(round(size * scale), round(size * scale))
    drawn.fill(Qt.GlobalColor.transparent)
    source = _svg(name).replace("currentColor", color.name())
    renderer = QSvgRenderer(QByteArray(source.encode()))
    painter = QPainter(drawn)
    painter.setOpacity(color.alphaF())
    renderer.render(painter, QRectF(0, 0, drawn.width(), drawn.height()))
    painter.end()
    drawn.setDevicePixelRatio(scale)
    return drawn


def icon(name: str, role: str = "muted", *, size: int = 16, on_role: str = "") -> QIcon:
    """Return an icon in the colour of a token, for the scheme in force. GUI thread only.

    It does not follow a change of scheme: `set_icon` does.

    Args:
        name: File name in ``resources/icons`` without its ending.
        role: A field of `hl7console.ui.theme.Tokens`.
        size: Side in device-independent pixels.
        on_role: Token for the checked state, where it differs.
    """
    color = theme().color(role)
    faded = QColor(color)
    faded.setAlphaF(_DISABLED_OPACITY)
    made = QIcon()
    for scale in _scales():
        plain = pixmap(name, color, size, scale)
        made.addPixmap(plain, QIcon.Mode.Normal, QIcon.State.Off)
        made.addPixmap(plain, QIcon.Mode.Selected, QIcon.State.Off)
        made.addPixmap(pixmap(name, faded, size, scale), QIcon.Mode.Disabled, QIcon.State.Off)
        if on_role:
            on = pixmap(name, theme().color(on_role), size, scale)
            made.addPixmap(on, QIcon.Mode.Normal, QIcon.State.On)
    return made


def _scales() -> list[float]:
    """Return the scales of the screens there are; drawing for all others would cost start-up."""
    return sorted({1.0, *(screen.devicePixelRatio() for screen in QGuiApplication.screens())})


class _IconBinding(QObject):
    """Gives its parent its icon again whenever the scheme changes; dies with the parent."""

    def __init__(self, target: QObject, name: str, role: str, size: int, on_role: str) -> None:
        super().__init__(target)
        self.setObjectName("iconBinding")
        self._spec = (name, role, size, on_role)
        current: Theme = theme()
        current.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    @Slot()
    def _on_theme_changed(self) -> None:
        name, role, size, on_role = self._spec
        target = self.parent()
        if isinstance(target, QAction | QAbstractButton):
            target.setIcon(icon(name, role, size=size, on_role=on_role))


def set_icon(
    target: QAction | QAbstractButton,
    name: str,
    role: str = "muted",
    *,
    size: int = 16,
    on_role: str = "",
) -> None:
    """Give a button or an action an icon that follows the scheme. GUI thread only."""
    for old in target.findChildren(_IconBinding, options=Qt.FindChildOption.FindDirectChildrenOnly):
        old.setParent(None)
        old.deleteLater()
    if isinstance(target, QAbstractButton):
        target.setIconSize(QSize(size, size))
    _IconBinding(target, name, role, size, on_role)
