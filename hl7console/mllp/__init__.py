"""MLLP framing and the dialogue of one connection, without I/O."""
