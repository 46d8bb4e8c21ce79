"""A small invented hospital that sends real HL7 v2 over real MLLP and TLS connections.

The stories are pure: they read no clock, draw no random number but from the generator they are
given, and do no I/O, so that a test can play an hour of hospital in a millisecond. Only
`hospital` knows sockets and threads.

Why a workspace of its own: sample traffic must never stand beside a real patient's messages.
"""
