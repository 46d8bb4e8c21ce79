"""Mapping profiles: what a site's messages mean, as data."""

from __future__ import annotations

from hl7console.worklist.profiles.library import shipped, shipped_text

__all__ = ["shipped", "shipped_text"]
