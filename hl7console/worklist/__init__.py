"""Rules for patients, orders and procedure steps: pure state transitions, no I/O."""
