"""The place Monitor: tiles and plots."""
