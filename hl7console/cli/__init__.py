"""The command line (click). Never imports Qt."""
