"""Messages beside each other, with what differs."""
