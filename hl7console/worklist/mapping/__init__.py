"""From a message's fields to the worklist's columns. Decides nothing about what is stored."""
