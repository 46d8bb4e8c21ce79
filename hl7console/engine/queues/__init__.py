"""Delivery queues: one for each destination, drained in the background.

`keeper` gathers what all queues want of the store; `lane` sends over one connection; `queue` is one
destination's queue; `service` has them all; `work` does what people ask of them.
"""
