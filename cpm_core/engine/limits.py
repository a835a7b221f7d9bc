"""How long a query may take, and what to say of one that failed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cpm_core.hooks.isolation import Failure, UnfitError, in_words
from cpm_core.model.errors import CpmError
from cpm_core.model.text import Text

AGAIN = 0.05
"""Seconds after which an engine is told again: it may have been between two queries."""

_SLOW = Text(
    en="its query took longer than {seconds:g} seconds and was ended", zh="其查询运行超过 {seconds:g} 秒，已被终止"
)


class SlowError(CpmError):
    """A query was ended at its limit."""

    words: Text | None = None

    @classmethod
    def after(cls, seconds: float) -> SlowError:
        """The error of a query that took so long."""
        words = _SLOW.format(seconds=seconds)
        made = cls(words.en, fix="Let it do less, or raise `limits.query` in the params.")
        made.words = words
        return made


@contextmanager
def ended_after(seconds: float, end: Callable[[], None]) -> Iterator[None]:
    """Have ``end`` called, again and again from a thread of its own, once the block has lasted so long.

    Raises:
        SlowError: The block failed after that.
    """
    done, late = threading.Event(), threading.Event()

    def watch() -> None:
        if done.wait(seconds):
            return
        late.set()
        while not done.wait(AGAIN):
            end()

    # A daemon: an interpreter that ends does not wait for a query's limit.
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if late.is_set():
            raise SlowError.after(seconds) from error
        raise
    finally:
        done.set()
        watcher.join()


def failure_of(error: Exception, where: str) -> Failure:
    """What a query did wrong that was made of a plugin's expression.

    Args:
        error: What was raised.
        where: File and line of what the plugin defines.
    """
    if isinstance(error, UnfitError):
        return Failure(error.words.en, where, fix=error.fix, zh=error.words.zh)
    if isinstance(error, CpmError):
        first, words = error.problems[0], error.words if isinstance(error, SlowError) else None
        return Failure(first.what, where, first.nearest, first.fix, words.zh if words else "")
    return Failure(in_words(error), where)
