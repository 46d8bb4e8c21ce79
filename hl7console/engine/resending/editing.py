"""What a resend changes in each message: a recipe, dates, the control id."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from hl7console.engine import recipes
from hl7console.engine.core import EngineCore
from hl7console.engine.function_runner import FunctionRunner
from hl7console.engine.intake import ControlIds
from hl7console.engine.repair_commands import Dates
from hl7console.errors import UsageError
from hl7console.hl7v2 import dictionary
from hl7console.hl7v2.datetimes import date_problem
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.recipes import RecipeContext, load_recipe
from hl7console.hl7v2.recipes.shifting import OutOfRangeError, date_leaves, shifted
from hl7console.hl7v2.validation import version_of
from hl7console.store.approvals import FUNCTION, approval
from hl7console.store.reader import StoreReader
from hl7console.store.recipes import keep_recipe

_STORE_TIMEOUT_S = 30.0
_FORM = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True)
class EditWish:
    """How messages are to be changed on their way."""

    new_control_ids: bool = False
    dates: Dates = Dates.KEEP
    recipe: str = field(default="", repr=False)
    """Text of a recipe."""

    @property
    def is_any(self) -> bool:
        """Whether anything changes."""
        return self.new_control_ids or self.dates != Dates.KEEP or bool(self.recipe.strip())


class Editing:
    """Changes one message after the other as wished. One thread.

    Args:
        core: The engine's parts.
        wish: What is to change.

    Raises:
        UsageError: The recipe is not understood.
    """

    def __init__(self, core: EngineCore, wish: EditWish) -> None:
        self.wish = wish
        self._stamps = _Stamps(wish, core.control_ids)
        self._recipe: _RecipeUse | None = None
        self.recipe_id = 0
        """The recipe, as the store knows it; 0 where there is none."""
        if wish.recipe.strip():
            self._recipe = recipe = _RecipeUse(wish.recipe, recipes.context(core))
            now_us = time.time_ns() // 1000
            self.recipe_id = core.writer.call(
                lambda database: keep_recipe(database, recipe.name, wish.recipe, now_us),
                label="keep a recipe",
            ).result(_STORE_TIMEOUT_S)

    def close(self) -> None:
        """End what the recipe may have started."""
        if self._recipe is not None:
            self._recipe.close()

    def edited(self, raw: bytes, charset: str = "") -> bytes:
        """Return a message as it goes out.

        Args:
            raw: The message as it is kept.
            charset: The codec that it is read with; empty goes by its MSH-18.

        Raises:
            UsageError: It cannot be changed so; the text quotes nothing of it.
        """
        if self._recipe is not None:
            raw = self._recipe.applied(raw)
        return self._stamps.changed(raw, charset)


class _Stamps:
    """Gives one message after the other new dates and a new control id, as wished."""

    def __init__(self, wish: EditWish, control_ids: ControlIds) -> None:
        self._wish = wish
        self._control_ids = control_ids
        self._shift_s: int | None = None

    def changed(self, raw: bytes, charset: str) -> bytes:
        """Return what becomes of a message; raises `UsageError` where it cannot be changed."""
        wish = self._wish
        if wish.dates == Dates.KEEP and not wish.new_control_ids:
            return raw
        message = Message.parse(raw, force_codec=charset)
        if not message.segments or not message.segments[0].is_header:
            raise UsageError("It has no MSH segment to change.")
        message = self._with_dates(message)
        if wish.new_control_ids:
            message = message.with_value("MSH-10", self._control_ids.next().decode("ascii"))
        return message.raw

    def _with_dates(self, message: Message) -> Message:
        if self._wish.dates == Dates.MESSAGE:
            return message.with_value("MSH-7", now_like(message.get("MSH-7") or ""))
        if self._wish.dates == Dates.SHIFT:
            if self._shift_s is None:
                begun = moment_of(message.get("MSH-7") or "")
                if begun is None:
                    raise UsageError("Its date of message (MSH-7) is missing, which dates move by.")
                self._shift_s = round(time.time() - begun.timestamp())
            return moved(message, self._shift_s)
        return message


class _RecipeUse:
    """One recipe, ready to be applied."""

    def __init__(self, text: str, context: RecipeContext) -> None:
        self._recipe = load_recipe(text)
        self._context = context
        self.name = self._recipe.name

    def applied(self, raw: bytes) -> bytes:
        """Return what the recipe makes of a message; raises `UsageError` where it cannot."""
        return self._recipe.apply(raw, recipes.at(self._context)).raw

    def close(self) -> None:
        """End the process that functions run in, if there is one."""
        if isinstance(self._context.run_function, FunctionRunner):
            self._context.run_function.close()


class EditTrial:
    """Makes what would go out, to look at it, where no engine is at hand. One thread.

    Give it the messages in their order: the first one says how far dates move.

    Args:
        workspace: Where functions and tables of a recipe are.
        open_reader: Opens a connection for the calling thread.
        wish: What is to change.

    Raises:
        UsageError: The recipe is not understood.
    """

    def __init__(
        self, workspace: Path, open_reader: Callable[[], StoreReader], wish: EditWish
    ) -> None:
        self._open_reader = open_reader
        self._stamps = _Stamps(wish, ControlIds())
        self._recipe: _RecipeUse | None = None
        if wish.recipe.strip():
            context = recipes.context_of(workspace, self._is_approved)
            self._recipe = _RecipeUse(wish.recipe, context)

    def __call__(self, raw: bytes, charset: str) -> bytes:
        """Return what becomes of a message; raises `UsageError` where it cannot be changed."""
        if self._recipe is not None:
            raw = self._recipe.applied(raw)
        return self._stamps.changed(raw, charset)

    def _is_approved(self, digest: str) -> bool:
        with contextlib.closing(self._open_reader()) as reader:
            return approval(reader.database(), FUNCTION, digest) is not None

    def close(self) -> None:
        """End what the recipe may have started."""
        if self._recipe is not None:
            self._recipe.close()


def moved(message: Message, seconds: int) -> Message:
    """Return a message whose dates and times, but for birth dates, are that many seconds later.

    Raises:
        UsageError: A date would leave the years 1 to 9999.
    """
    text = message.text
    changed: list[str] = []
    done = 0
    for leaf, is_time in date_leaves(message, dictionary.load(version_of(message))):
        try:
            value = shifted(leaf.raw_text, seconds, is_time=is_time)
        except OutOfRangeError:
            raise UsageError("A date in it would leave the years 1 to 9999.") from None
        if value != leaf.raw_text:
            start, end = leaf.char_span
            changed += (text[done:start], value)
            done = end
    return message.with_text(0, done, "".join(changed)) if changed else message


def moment_of(value: str) -> datetime | None:
    """Return the moment that a date and time names, local where it has no zone; None for none."""
    if date_problem(value, "DTM") or len(value) < 8:
        return None
    zone_at = max(value.find("+"), value.find("-"))
    zone = value[zone_at:] if zone_at > 0 else ""
    digits = (value[:zone_at] if zone else value).partition(".")[0].ljust(14, "0")
    try:
        moment = datetime.strptime(digits, _FORM)  # noqa: DTZ007 - its zone follows
    except ValueError:  # the 24th hour, the 60th second
        return None
    if not zone:
        return moment.astimezone()
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    return moment.replace(tzinfo=timezone(-ahead if zone[0] == "-" else ahead))


def now_like(value: str) -> str:
    """Return the present as HL7 writes it, with a zone where another date has one."""
    now = datetime.now(UTC).astimezone()
    has_zone = max(value.find("+"), value.find("-")) > 0
    return now.strftime(_FORM + "%z" if has_zone else _FORM)
