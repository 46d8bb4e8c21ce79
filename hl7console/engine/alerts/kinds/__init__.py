"""What each kind of rule looks at.

A kind is a function: it gets a rule and the facts of the turn and returns what is wrong, a finding
for each subject. A kind that has to remember something from turn to turn is a class with the same
call. ``KINDS`` in `hl7console.engine.alerts.kinds.table` names them all, with how often they look.
"""
