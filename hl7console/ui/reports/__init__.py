"""Reports in the window: what to report on, and printing it as PDF."""
