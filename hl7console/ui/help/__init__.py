"""Help inside the program: the pages of ``resources/help``, with a search over them.

Why a window of its own: help is read beside the work, not in its place.
"""
