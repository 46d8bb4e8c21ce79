"""The inspector: one message as tree, text, bytes, acknowledgement, problems and path.

Why it looks as it does: a message may be 5 MB or hold 20,000 segments, so nothing here works out
more than what is in sight. The raw and hex views are grids painted row by row (`grid`), since a
text widget lays out the whole of a text first; tree rows are made when a segment is opened.
"""

from hl7console.ui.inspector.inspector import Inspector

__all__ = ["Inspector"]
