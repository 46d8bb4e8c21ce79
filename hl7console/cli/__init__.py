"""The command line (click): a file a command group. Never imports Qt.

Standard output carries results and nothing else, so that it can be piped; what is said to the
person (warnings, progress, errors, hints) goes to standard error. Exit codes: 0 all well, 1
something was rejected or invalid or could not be done, 2 wrong usage.
"""
