"""Sending stored messages again."""
