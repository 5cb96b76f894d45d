"""Reading an image: every layer once, several at a time, verified; what the catalogues ask for is kept on the way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from re import Pattern

from scanners.findings import Skipped
from scanners.images.filesystem import FileSystem
from scanners.images.layers import LayerContents, Wanted, read_layer, verify_layer
from scanners.images.limits import DEFAULT, Limits
from scanners.images.malware import RuleScan
from scanners.images.packages import printable
from scanners.images.probes import Probe
from scanners.images.sources.interface import Image
from scanners.images.turns import ReadAgain, Share, Turns


def read(
    image: Image,
    wanted: Pattern[str],
    probes: Sequence[Probe] = (),
    *,
    secrets: bool = False,
    hashes: bool = False,
    rules: RuleScan | None = None,
    limits: Limits = DEFAULT,
    progress: Callable[[float, float | None, str], None] | None = None,
) -> FileSystem:
    """Read every layer. `wanted` matches the paths whose content is kept, `probes` look into files that pass by,
    and with `secrets` all text is searched for credentials, with `hashes` every file is hashed, with `rules` every file
    is put before them.

    Layers are read at once, as many as there are processors (`Limits.readers` at most), and laid over each other in their
    order: what is found, and which error is raised, does not depend on it.
    Raises DigestMismatch for a layer that is not what its digest or diff_id names, and UnreadableInput for one that
    is no tar archive. A layer of a foreign kind, or beyond a limit, is skipped and said so.
    """
    system = FileSystem(image, skipped=list(image.skipped), limits=limits)
    layers = image.layers[: limits.layers]
    turns = Turns(limits)
    looked_for = Wanted(wanted, probes, secrets, hashes)

    def read_one(number: int) -> LayerContents:
        try:
            return read_layer(layers[number], looked_for, rules, Share(turns, number), limits)
        except ReadAgain:  # only ever in its turn, where it gets all that is left
            return read_layer(layers[number], looked_for, rules, Share(turns, number), limits)

    with _readers(len(layers), limits) as readers, closing(turns):
        waiting = {number: readers.submit(read_one, number) for number, layer in enumerate(layers) if not layer.foreign}
        for number, layer in enumerate(layers):
            if progress:
                progress(number, len(image.layers), f"layer {layer.name[:19]}")
            if layer.foreign:
                system.skip(f"layer {layer.name}", layer.foreign)
                turns.next(Share(turns, number))
                continue
            found = waiting.pop(number).result()
            try:
                turns.next(found.share)
            except ReadAgain:
                found = read_one(number)
                turns.next(found.share)
            system.add(found)
            if rules and found.rules:
                rules.add(found.rules)
    if len(image.layers) > len(layers):
        system.skip(f"layers from {len(layers)}", f"more than {limits.layers} layers are not read")
    for oddity in system.tree.oddities[:20]:
        system.skip(f"{printable(oddity.path)} in layer {image.layers[oddity.layer].name}", oddity.what)
    system.index(wanted)
    return system


def verify_layers(image: Image, limits: Limits = DEFAULT) -> list[Skipped]:
    """Hash every layer, without looking at what is in it; what could not be verified is returned.

    Raises DigestMismatch and UnreadableInput.
    """
    unnamed = [layer for layer in image.layers if layer.foreign and layer.digest is None]
    named = [layer for layer in image.layers if not layer.foreign or layer.digest]
    with _readers(len(named), limits) as readers:
        unread = list(readers.map(verify_layer, named, [limits] * len(named)))
    absent = [(layer, why) for layer, why in zip(named, unread, strict=True) if why]
    absent += [(layer, layer.foreign) for layer in unnamed]
    return [*image.skipped, *(Skipped(f"layer {layer.name}", why) for layer, why in absent)]


@contextmanager
def _readers(layers: int, limits: Limits) -> Iterator[ThreadPoolExecutor]:
    """A thread for each layer that is read at once. What was not begun when the block ends is not begun any more."""
    workers = min(len(os.sched_getaffinity(0)), limits.readers, layers)
    pool = ThreadPoolExecutor(max(1, workers), thread_name_prefix="layer")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
