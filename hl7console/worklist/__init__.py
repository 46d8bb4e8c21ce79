"""The radiology worklist as pure rules: journal entries in, changes of rows out. No I/O."""
