"""The places of the window and the pages of its settings: names, titles, icons, keys."""

from __future__ import annotations

PLACES = (
    ("monitor", "Monitor", "activity", "Ctrl+1"),
    ("messages", "Messages", "list", "Ctrl+2"),
    ("worklist", "Worklist", "table-2", "Ctrl+3"),
    ("queues", "Queues", "list-end", "Ctrl+4"),
    ("alerts", "Alerts", "bell", "Ctrl+5"),
    ("lab", "Lab", "flask-conical", "Ctrl+6"),
    ("settings", "Settings", "settings", "Ctrl+7"),
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
    ("alerts", "Alert rules", "bell"),
    ("metrics", "Metrics", "activity"),
    ("retention", "Retention", "history"),
    ("appearance", "Appearance", "contrast"),
)
"""Name, title and icon of each page that the palette leads to."""
