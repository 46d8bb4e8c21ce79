"""Starts, owns and stops every thread: listeners, senders, jobs. Knows nothing of Qt."""
