"""Alerts: rules that look at the engine, and how people are told."""
