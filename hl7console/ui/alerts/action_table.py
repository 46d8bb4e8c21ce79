"""The actions of the place Alerts by name, and which of them stand in which menu and bar."""

from __future__ import annotations

GROUP = "Alerts"

TABLE: tuple[tuple[str, str, str, str], ...] = (
    ("acknowledge", "Acknowledge…", "Ctrl+D", "check"),
    ("snoozeQuarter", "Snooze for 15 minutes", "Ctrl+U", "hourglass"),
    ("snoozeHour", "Snooze for 1 hour", "Ctrl+Shift+U", "hourglass"),
    ("snoozeMorning", "Snooze until tomorrow 7:00", "Ctrl+Shift+T", "hourglass"),
    ("snoozeUntil", "Snooze until…", "Ctrl+Shift+Y", "hourglass"),
    ("endSnooze", "End the snooze", "Ctrl+Shift+E", "bell"),
    ("cause", "Go to the cause", "Ctrl+G", "corner-up-right"),
    ("showMessages", "Show the messages", "Ctrl+Shift+G", "list"),
    ("showQueue", "Show the queue", "", "list-end"),
    ("showMonitor", "Show in the Monitor", "", "activity"),
    ("showInterface", "Settings of the interface", "", "settings"),
    ("showRule", "Settings of the rule", "", "bell"),
    ("copy", "Copy the alert", "", "copy"),
)
"""Name, text, keys and icon of each action."""

SNOOZE_MENU = ("snoozeQuarter", "snoozeHour", "snoozeMorning", "snoozeUntil", "", "endSnooze")
MENU = (
    "acknowledge", "SNOOZE", "", "cause", "showMessages", "showQueue", "showMonitor",
    "showInterface", "showRule", "", "copy",
)  # fmt: skip
BAR = {"cause": "Go to the cause", "SNOOZE": "Snooze", "acknowledge": "Acknowledge…"}
"""Name and title of each button of the bar."""
