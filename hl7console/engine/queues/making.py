"""Makes the bytes of deliveries: at once where that is quick, else on a thread of its own.

What a recipe made is kept before its first byte goes out, so that every further try, also one after
a crash, sends the same bytes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from hl7console.engine.queues.keeper import Keeper
from hl7console.engine.queues.payloads import InHand, RunRecipe, in_hand, is_plain
from hl7console.settings import DestinationSettings
from hl7console.store.queue_records import Claimed, Prepared


class Making:
    """Makes the bytes of one queue's deliveries. The network thread.

    Args:
        settings: The destination's.
        run_recipe: Applies recipes; called on another thread.
        keeper: Keeps what was made.
    """

    def __init__(
        self, settings: DestinationSettings, run_recipe: RunRecipe, keeper: Keeper
    ) -> None:
        self._settings = settings
        self._run_recipe = run_recipe
        self._keeper = keeper

    def at_once(self, deliveries: Sequence[Claimed]) -> list[InHand] | None:
        """Return what goes out; None where making it takes long."""
        if all(is_plain(claimed, self._settings) for claimed in deliveries):
            return self._make(deliveries)
        return None

    def _make(self, deliveries: Sequence[Claimed]) -> list[InHand]:
        return [in_hand(claimed, self._settings, self._run_recipe) for claimed in deliveries]

    async def made(self, deliveries: Sequence[Claimed]) -> list[InHand]:
        """Return what goes out, once it is kept."""
        loop = asyncio.get_running_loop()
        hands = await loop.run_in_executor(None, self._make, deliveries)
        new = [hand for hand in hands if hand.is_new and not hand.fault]
        if new:
            for hand, attempt_id in zip(new, await self._kept(new), strict=True):
                hand.attempt_id = attempt_id
        return hands

    async def _kept(self, hands: Sequence[InHand]) -> Sequence[int]:
        kept: asyncio.Future[Sequence[int]] = asyncio.get_running_loop().create_future()

        def done(ids: Sequence[int]) -> None:
            if not kept.done():
                kept.set_result(ids)

        now_us = time.time_ns() // 1000
        name = self._settings.name
        self._keeper.prepare(
            [
                Prepared(hand.claimed.id, hand.claimed.message_id, name, now_us, hand.payload)
                for hand in hands
            ],
            done,
        )
        return await kept
