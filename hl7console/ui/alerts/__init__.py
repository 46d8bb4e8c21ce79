"""The place Alerts, the rules of alerts, and how the window tells of them."""
