"""When Python's collector of cyclic garbage may run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_nothing() -> Iterator[None]:
    """For a start: imports leave no garbage, and looking for it is a sixth of what they cost."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def collect_seldom() -> None:
    """For a server: collect cyclic garbage seldom, and never look at what lives as long as the process.

    By Python's own thresholds the collector runs every dozen calls, though a call leaves only some 70 objects in cycles
    (the SDK's cancelled tasks and their tracebacks), and goes through all that is alive of the calls on their way: at 32
    callers a sixth of the processor. This keeps some megabytes of garbage instead.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 10)
