"""The actions of the place Queues by name, and which of them stand in which menu and bar."""

from __future__ import annotations

from hl7console.ui.queues.header import View

GROUP = "Queues"
MOST_CHANGED = 100_000
"""Deliveries changed by one command, at most."""

TABLE: tuple[tuple[str, str, str, str], ...] = (
    ("hold", "Hold or release the queue", "Ctrl+Shift+H", "pause"),
    ("retry", "Retry now", "F5", "rotate-cw"),
    ("retryQueue", "Retry all that waits now", "Shift+F5", "rotate-cw"),
    ("rewind", "Move back to a time…", "Ctrl+Shift+B", "undo-2"),
    ("queueSettings", "Settings of the destination", "", "settings"),
    ("holdDelivery", "Hold or release the delivery", "Ctrl+Alt+H", "pause"),
    ("skip", "Skip the delivery…", "Ctrl+Alt+S", "skip-forward"),
    ("cancel", "Cancel the delivery…", "Ctrl+Alt+X", "ban"),
    ("reroute", "Reroute…", "Ctrl+Alt+R", "corner-up-right"),
    ("edit", "Edit and resend…", "Ctrl+E", "pencil"),
    ("resend", "Resend…", "Ctrl+R", "send"),
    ("handle", "Tick off", "Ctrl+D", "check"),
    ("handleGroup", "Tick off the whole cause", "Ctrl+Shift+D", "list-checks"),
    ("resendGroup", "Resend the whole cause…", "Ctrl+Alt+G", "send"),
    ("showMessage", "Show in Messages", "Ctrl+Shift+G", "list"),
    ("copyControl", "Copy control ID of the delivery", "", "copy"),
)
"""Name, text, keys and icon of each action."""

DELIVERY_MENU = (
    "retry", "holdDelivery", "", "REROUTE", "skip", "cancel", "", "edit", "resend", "handle", "",
    "showMessage", "copyControl",
)  # fmt: skip
QUEUE_MENU = ("hold", "retryQueue", "rewind", "", "queueSettings")
ERROR_MENU = ("resendGroup", "handleGroup")
BAR = {
    View.QUEUES: ("hold", "retry", "reroute", "edit"),
    View.ERRORS: ("handleGroup", "resendGroup", "handle", "edit"),
}
TITLES = {
    "hold": "Hold", "retry": "Retry now", "reroute": "Reroute…", "handle": "Tick off",
    "handleGroup": "Tick off all", "resendGroup": "Resend all…", "edit": "Edit and resend…",
}  # fmt: skip
