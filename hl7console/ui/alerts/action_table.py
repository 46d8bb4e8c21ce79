"""The actions of the place Alerts by name, and which of them stand in which menu and bar."""

from __future__ import annotations

GROUP = "Alerts"

TABLE: tuple[tuple[str, str, str, str], ...] = (
    ("acknowledge", "Acknowledge…", "Ctrl+D", "check"),
    ("snoozeQuarter", "Snooze for 15 minutes", "Ctrl+Alt+Q", "hourglass"),
    ("snoozeHour", "Snooze for 1 hour", "Ctrl+Alt+H", "hourglass"),
    ("snoozeMorning", "Snooze until tomorrow 7:00", "Ctrl+Alt+M", "hourglass"),
    ("snoozeUntil", "Snooze until…", "Ctrl+Alt+U", "hourglass"),
    ("endSnooze", "End the snooze", "Ctrl+Alt+E", "bell"),
    ("cause", "Go to the cause", "Ctrl+G", "corner-up-right"),
    ("showMessages", "Show the messages", "Ctrl+Shift+G", "list"),
    ("showQueue", "Show the queue", "Ctrl+Alt+4", "list-end"),
    ("showMonitor", "Show in the Monitor", "Ctrl+Alt+1", "activity"),
    ("showInterface", "Settings of the interface", "Ctrl+Alt+7", "settings"),
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
