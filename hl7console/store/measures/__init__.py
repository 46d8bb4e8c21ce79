"""What was measured: counts, times and backlogs by second, minute, hour and day, on disk.

Why a file of its own (``measures.db``, with the workspace's key): it follows the database of the
messages behind a watermark that is written in the same transaction as the counts. So nothing is
counted twice or missed, whatever is killed when, and the way of a message is not burdened.
"""
