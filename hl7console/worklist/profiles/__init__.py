"""Mapping profiles: what a site's messages mean, as data."""
