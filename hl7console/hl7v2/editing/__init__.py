"""A message that is being edited: what was changed, and back again, byte for byte."""
