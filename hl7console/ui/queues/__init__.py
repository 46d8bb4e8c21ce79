"""The place Queues: what waits at each destination, and what was refused there."""
