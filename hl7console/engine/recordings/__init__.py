"""Recordings: a span of traffic in one file, to be opened and replayed elsewhere."""
