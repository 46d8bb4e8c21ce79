"""Measures: counts what is received and delivered, behind the database of the messages.

A thread of its own reads what is new once a second and writes it to ``measures.db``. The way of a
message is not burdened, except with one note of how long its acknowledgement took.
"""
