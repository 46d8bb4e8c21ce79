"""Qt widgets, item models and plots. No SQL, no sockets, no HL7 rules."""
