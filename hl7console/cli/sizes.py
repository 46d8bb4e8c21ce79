"""Reads and shows amounts of bytes as people write them."""

from __future__ import annotations

import re

import click

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)?", re.IGNORECASE | re.ASCII)


class Size(click.ParamType[int]):
    """An amount of bytes: ``500MB``, ``2 GiB``, ``1048576``. Units are powers of 1024."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number of bytes."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"“{value}” is no size; write 500MB or 20GB.", param, ctx)
        return round(float(found[1]) * _UNITS[found[2].upper()])


def show_size(size: int) -> str:
    """Return bytes in the largest unit that leaves a number of at least one."""
    for unit, factor in (("TB", 1024**4), ("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}".replace(".0 ", " ")
    return f"{size} bytes"
