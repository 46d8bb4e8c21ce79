"""The place Worklist: the lines, why each looks as it does, and what can be done about it."""
