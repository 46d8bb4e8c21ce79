"""Sending stored messages again: many, edited on the way, to several destinations, in time."""
