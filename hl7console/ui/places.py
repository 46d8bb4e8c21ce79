"""The places of the window and the pages of its settings: names, titles, icons, keys."""

from __future__ import annotations

PLACES = (
    ("messages", "Messages", "list", "Ctrl+1"),
    ("worklist", "Worklist", "table-2", "Ctrl+2"),
    ("queues", "Queues", "list-end", "Ctrl+3"),
    ("lab", "Lab", "flask-conical", "Ctrl+4"),
    ("settings", "Settings", "settings", "Ctrl+5"),
)
"""Name, title, icon and keys of each place, in the order of the rail."""

SETTINGS_PAGES = (
    ("listeners", "Listeners", "log-in"),
    ("destinations", "Destinations", "send"),
    ("routes", "Routes", "split"),
    ("worklist", "Worklist service", "table-2"),
    ("callers", "Calling AEs", "radio-tower"),
    ("archives", "Archives", "server"),
    ("profiles", "Mapping profiles", "braces"),
    ("retention", "Retention", "history"),
    ("appearance", "Appearance", "contrast"),
)
"""Name, title and icon of each page that the palette leads to."""
