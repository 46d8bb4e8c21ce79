"""The HL7 v2 message language: scan, tree, paths, edits, character sets. No I/O, no threads."""
