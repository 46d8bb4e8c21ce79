"""The rules, a module for each kind of message or input. All work on a `turn.Turn`."""
