"""Where batches are examined: in this process, in a pool of processes, or on a Ray cluster. The same function everywhere.

An executor takes batches as they are read and gives their results back in any order. It never holds more than two batches
a worker, so memory stays flat however large the data set is.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Any, Final

from scanners.datasets.batches import Batch
from scanners.datasets.partition import BatchResult, examine
from scanners.errors import YumenError

Task = tuple[str, Batch]
"""A batch, and the input that it is from."""
Executor = Callable[[Iterator[Task], float], Iterator[tuple[str, BatchResult]]]
"""(batches, threshold) -> (input, result), each batch once."""

_AHEAD: Final = 2
"""Batches a worker that are waiting or being examined."""
_STARTS: Final = 3
"""How often a cluster of this machine is started before it is given up."""
_RETRIES: Final = 5
"""How often a batch is examined again whose worker died."""


class ExecutorUnavailable(YumenError):
    """The batches cannot be examined there; what was finished is in the manifest."""

    code = "executor_unavailable"


def here(tasks: Iterator[Task], threshold: float) -> Iterator[tuple[str, BatchResult]]:
    """One after the other, in this process."""
    for source, batch in tasks:
        yield source, examine(batch, threshold)


def in_pool(workers: int) -> Executor:
    """A pool of processes of this machine."""

    def run(tasks: Iterator[Task], threshold: float) -> Iterator[tuple[str, BatchResult]]:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            running: dict[Future[BatchResult], str] = {}
            for source, batch in tasks:
                running[pool.submit(examine, batch, threshold)] = source
                while len(running) >= _AHEAD * workers:
                    yield from _ready(running)
            while running:
                yield from _ready(running)

    return run


def _ready(running: dict[Future[BatchResult], str]) -> Iterator[tuple[str, BatchResult]]:
    ready, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in ready:
        yield running.pop(future), future.result()


def on_ray(address: str) -> Executor:
    """A Ray cluster (extra `ray`), where the same version of Yumen is installed; 'local' starts one on this machine.

    A batch whose worker dies is examined again by another; its result counts once.
    """

    def run(tasks: Iterator[Task], threshold: float) -> Iterator[tuple[str, BatchResult]]:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
        try:
            ray: Any = importlib.import_module("ray")
        except ImportError:
            raise ExecutorUnavailable("Ray is not installed", remedy="pip install 'yumen[ray]'") from None
        own = not ray.is_initialized()
        if own:
            _connect(ray, address)
        try:
            remote = ray.remote(max_retries=_RETRIES)(examine)
            most = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
            running: dict[Any, str] = {}
            for source, batch in tasks:
                running[remote.remote(batch, threshold)] = source
                while len(running) >= most:
                    yield _finished(ray, running)
            while running:
                yield _finished(ray, running)
        finally:
            if own:
                ray.shutdown()

    return run


def _connect(ray: Any, address: str) -> None:
    where: dict[str, Any] = {"address": address}
    if address == "local":
        where = {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    tries = _STARTS if address == "local" else 1
    for left in reversed(range(tries)):
        try:
            ray.init(log_to_driver=False, **where)
        except Exception as error:  # Ray raises plain ones, too: a busy machine starts a node in more than its 30 s
            ray.shutdown()
            if not left:
                raise ExecutorUnavailable("the Ray cluster cannot be reached", detail=repr(error)) from error
        else:
            return


def _finished(ray: Any, running: dict[Any, str]) -> tuple[str, BatchResult]:
    (first, *_), _ = ray.wait(list(running), num_returns=1)
    try:
        return running.pop(first), ray.get(first)
    except ray.exceptions.RayError as error:
        raise ExecutorUnavailable(
            "a batch could not be examined on the cluster",
            remedy="run it again with the same --manifest to go on from here",
            detail=repr(error)[:500],
        ) from error
