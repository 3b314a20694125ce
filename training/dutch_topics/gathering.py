"""Score the single texts of requests that arrive together in one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

Rows = list[list[float]]


class Gatherer:
    """Scores texts a batch at a time: those that are asked for in the same turn of the event loop.

    Nobody waits for company: what has come in when the loop next turns is scored at once. `observe` is
    told the size of each batch.
    """

    def __init__(self, score: Callable[[list[str]], Rows], observe: Callable[[int], object]) -> None:
        self._score, self._observe = score, observe
        self._waiting: list[tuple[list[str], asyncio.Future[Rows]]] = []

    async def score(self, texts: list[str]) -> Rows:
        """The rows of `texts`, as the score function gives them; raises what that raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Rows] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append((texts, answer))
        return await answer

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        texts = [text for asked, _ in waiting for text in asked]
        self._observe(len(texts))
        try:
            rows = self._score(texts)
        except Exception as error:
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
            return
        first = 0
        for asked, answer in waiting:
            if not answer.done():  # a client may have gone
                answer.set_result(rows[first : first + len(asked)])
            first += len(asked)
