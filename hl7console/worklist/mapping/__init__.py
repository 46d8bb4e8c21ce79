"""Fields to columns: what a message says, before any rule decides what to do with it."""
