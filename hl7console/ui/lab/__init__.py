"""The Lab: compose and send, recordings and replay, comparisons."""
