"""The look of the window: colours, measures and fonts, light and dark.

Both palettes are built here and laid over Qt's Fusion style, because asking Qt for a dark scheme
changes nothing on many Linux desktops. Widgets take every colour from `Tokens`, never a literal.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from string import Template

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from hl7console import assets

GRID = 8
"""Pixels of the layout grid."""
ROW = 26
"""Height of a list or tree row, in pixels."""
BAR = 48
"""Height of the top bar, in pixels."""
STATUS = 26
"""Height of the status line, in pixels."""
RADIUS = 6
"""Corner radius of controls, in pixels."""
TEXT_PX = 13
"""Size of text, in pixels."""
FIXED_PX = 12
"""Size of the fixed-width font for HL7, identifiers and times, in pixels."""

_FIXED_FAMILIES = (
    "JetBrains Mono",
    "Cascadia Mono",
    "SF Mono",
    "Menlo",
    "Consolas",
    "Noto Sans Mono",
    "DejaVu Sans Mono",
)
_TEXT_FAMILIES_LINUX = ("Inter", "Noto Sans", "DejaVu Sans")


class Scheme(StrEnum):
    """What the user chose in Appearance."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one scheme, as ``#RRGGBB``. A `_tint` is the ground of a pill or mark."""

    is_dark: bool
    bg: str
    surface: str
    raised: str
    border: str
    row_line: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    selection: str
    selection_idle: str
    hover: str
    ok: str
    warn: str
    err: str
    info: str
    ok_tint: str
    warn_tint: str
    err_tint: str
    info_tint: str
    rail: str
    rail_text: str
    rail_selected: str
    rail_selected_text: str

    def color(self, name: str) -> QColor:
        """Return a token as a colour, by its field name."""
        return QColor(str(getattr(self, name)))


LIGHT = Tokens(
    is_dark=False,
    bg="#F5F6F8",
    surface="#FFFFFF",
    raised="#F0F2F5",
    border="#DDE2E8",
    row_line="#EDF0F3",
    text="#1B2027",
    muted="#5A6673",
    accent="#0B63C5",
    accent_hover="#0955A9",
    on_accent="#FFFFFF",
    selection="#D6E8FB",
    selection_idle="#E6EAEF",
    hover="#F0F4F9",
    ok="#1A7F37",
    warn="#8A5A00",
    err="#C2202B",
    info="#6639BA",
    ok_tint="#E4F6E8",
    warn_tint="#FBEBC8",
    err_tint="#FCE1E3",
    info_tint="#EAE1FA",
    rail="#20262E",
    rail_text="#A9B4C0",
    rail_selected="#363F4A",
    rail_selected_text="#FFFFFF",
)

DARK = Tokens(
    is_dark=True,
    bg="#12151A",
    surface="#191D24",
    raised="#222831",
    border="#2E3641",
    row_line="#232932",
    text="#E4E9F0",
    muted="#9BA7B4",
    accent="#58A6FF",
    accent_hover="#7CBAFF",
    on_accent="#0B1522",
    selection="#1D3B5E",
    selection_idle="#29313B",
    hover="#1F252E",
    ok="#4CC56A",
    warn="#E0A93B",
    err="#FF6B6B",
    info="#B392F0",
    ok_tint="#17331F",
    warn_tint="#3A2E12",
    err_tint="#451F22",
    info_tint="#322748",
    rail="#0D1014",
    rail_text="#9BA7B4",
    rail_selected="#262D36",
    rail_selected_text="#FFFFFF",
)


class Theme(QObject):
    """The scheme in force. GUI thread only; one an application, see `theme`."""

    changed = Signal()
    """Another scheme is in force: repaint, and make icons and formats again."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._choice = Scheme.SYSTEM
        self.tokens = LIGHT
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self._on_system_changed)

    @property
    def choice(self) -> Scheme:
        """What the user chose."""
        return self._choice

    def choose(self, choice: Scheme) -> None:
        """Follow the system, or hold one scheme whatever the system says."""
        self._choice = choice
        hints = self._app.styleHints()
        # Tells the platform as well, so that Windows and macOS draw a matching title bar.
        if choice is Scheme.SYSTEM:
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(
                Qt.ColorScheme.Dark if choice is Scheme.DARK else Qt.ColorScheme.Light
            )
        self._apply()

    def toggle(self) -> None:
        """Switch to the other of light and dark."""
        self.choose(Scheme.LIGHT if self.tokens.is_dark else Scheme.DARK)

    def color(self, name: str) -> QColor:
        """Return a token of the scheme in force, by its field name."""
        return self.tokens.color(name)

    @Slot()
    def _on_system_changed(self) -> None:
        if self._choice is Scheme.SYSTEM and self._wanted() is not self.tokens:
            self._apply()

    def _wanted(self) -> Tokens:
        if self._choice is not Scheme.SYSTEM:
            return DARK if self._choice is Scheme.DARK else LIGHT
        is_dark = self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return DARK if is_dark else LIGHT

    def _apply(self) -> None:
        self.tokens = self._wanted()
        self._app.setPalette(_palette(self.tokens))
        self._app.setStyleSheet(_style_sheet(self.tokens))
        self.changed.emit()


def theme() -> Theme:
    """Return the application's theme; installs it the first time. GUI thread only."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise TypeError("The theme needs a QApplication.")
    found = app.findChild(Theme)
    if found is not None:
        return found
    app.setStyle("Fusion")
    app.setFont(text_font())
    made = Theme(app)
    made.choose(Scheme.SYSTEM)
    return made


def text_font(pixels: int = TEXT_PX, *, bold: bool = False) -> QFont:
    """Return the system's font, `pixels` high."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    families = QFontDatabase.families()
    if font.family() in ("", "Sans", "Sans Serif", "Bitstream Vera Sans", "DejaVu Sans"):
        # A desktop without a font of its own choosing: take the best one there is.
        best = next((name for name in _TEXT_FAMILIES_LINUX if name in families), "")
        if best:
            font = QFont(best)
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


def fixed_font(pixels: int = FIXED_PX, *, bold: bool = False) -> QFont:
    """Return a fixed-width font for HL7, identifiers and times, `pixels` high."""
    families = set(QFontDatabase.families())
    best = next((name for name in _FIXED_FAMILIES if name in families), "")
    font = QFont(best) if best else QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setFixedPitch(True)
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: tokens.bg,
        QPalette.ColorRole.WindowText: tokens.text,
        QPalette.ColorRole.Base: tokens.surface,
        QPalette.ColorRole.AlternateBase: tokens.raised,
        QPalette.ColorRole.Text: tokens.text,
        QPalette.ColorRole.PlaceholderText: tokens.muted,
        QPalette.ColorRole.Button: tokens.surface,
        QPalette.ColorRole.ButtonText: tokens.text,
        QPalette.ColorRole.BrightText: tokens.err,
        QPalette.ColorRole.ToolTipBase: tokens.surface,
        QPalette.ColorRole.ToolTipText: tokens.text,
        QPalette.ColorRole.Highlight: tokens.selection,
        QPalette.ColorRole.HighlightedText: tokens.text,
        QPalette.ColorRole.Accent: tokens.accent,
        QPalette.ColorRole.Link: tokens.accent,
        QPalette.ColorRole.LinkVisited: tokens.info,
        QPalette.ColorRole.Light: tokens.raised,
        QPalette.ColorRole.Midlight: tokens.border,
        QPalette.ColorRole.Mid: tokens.border,
        QPalette.ColorRole.Dark: tokens.border,
        QPalette.ColorRole.Shadow: tokens.bg,
    }
    for role, value in roles.items():
        palette.setColor(role, QColor(value))
    inactive = QPalette.ColorGroup.Inactive
    palette.setColor(inactive, QPalette.ColorRole.Highlight, QColor(tokens.selection_idle))
    disabled = QPalette.ColorGroup.Disabled
    for role in (
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.HighlightedText,
    ):
        palette.setColor(disabled, role, _faded(tokens))
    return palette


def _faded(tokens: Tokens) -> QColor:
    color = QColor(tokens.muted)
    color.setAlphaF(0.6)
    return color


def _style_sheet(tokens: Tokens) -> str:
    values = {k: str(v) for k, v in asdict(tokens).items()}
    values["radius"] = f"{RADIUS}px"
    values["scheme"] = "dark" if tokens.is_dark else "light"
    values["icons"] = assets.asset_path("icons").as_posix()
    return Template(assets.read_text("styles/console.qss")).substitute(values)
