"""Was a parameter changed? Two checkpoints, tensor by tensor, without loading either."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from scanners.findings import Coverage, Finding, Location, Report, Severity, Skipped, Subject
from scanners.model_files.digests import Progress
from scanners.model_files.inventory import take_inventory
from scanners.model_files.manifest import Serialization, build_manifest
from scanners.model_files.weights.difference import State, TensorDifference
from scanners.model_files.weights.opening import OpenCheckpoint, open_checkpoint
from scanners.model_files.weights.tensors import ELEMENT_BYTES, Tensor
from scanners.model_files.weights.values import BLOCK, COMPARABLE, CastCheck, Sums, values_of

MAX_FINDINGS = 500
_PIECE = 8 << 20
"""Bytes of a tensor taken at a time; smaller than memory, larger than a system call."""


@dataclass(frozen=True, slots=True)
class ComparedModels:
    """The report over both checkpoints, and every tensor that is in either."""

    report: Report
    reference: Subject
    tensors: tuple[TensorDifference, ...]


def compare_models(target: Path, reference: Path, progress: Progress | None = None) -> ComparedModels:
    """How the tensors of `target` differ from those of `reference`.

    Digests in the answer are those of `hash_model(…, algorithm='blake3')`.

    Raises UnreadableInput for what is no checkpoint or is damaged, LimitReached, TargetRefused, TargetMissing.
    """
    with ExitStack() as stack:
        after, before = open_checkpoint(target, stack), open_checkpoint(reference, stack)
        names = sorted({**before.checkpoint.tensors, **after.checkpoint.tensors})
        total = sum(tensor.bytes for tensor in after.checkpoint.tensors.values())
        tensors: list[TensorDifference] = []
        done = 0
        with ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="compare") as pool:
            for name, difference in zip(names, pool.map(_Pair(before, after), names), strict=True):
                tensors.append(difference)
                if name in after.checkpoint.tensors:
                    done += after.checkpoint.tensors[name].bytes
                if progress is not None:
                    progress(float(done), float(total), "bytes compared")
        skipped = (*after.checkpoint.skipped, *before.checkpoint.skipped, *_opaque(tensors))
        count = sum(tensor.bytes for tensor in before.checkpoint.tensors.values()) + total
        # Here, while the files are held: what was compared is what the digests are of.
        subject, other = _subject(target), _subject(reference)
    report = Report(
        subject=subject,
        findings=tuple(_findings(tensors)),
        coverage=Coverage(examined={"tensors": len(tensors), "bytes": count}, skipped=skipped),
    )
    return ComparedModels(report, other, tuple(tensors))


class _Pair:
    """Compares the tensor of one name; called from several threads."""

    def __init__(self, before: OpenCheckpoint, after: OpenCheckpoint) -> None:
        self._before = before
        self._after = after

    def __call__(self, name: str) -> TensorDifference:
        before = self._before.checkpoint.tensors.get(name)
        after = self._after.checkpoint.tensors.get(name)
        if before is None or after is None:
            found = after or before
            if found is None:
                raise KeyError(name)
            return TensorDifference(name, "removed" if after is None else "added", found.dtype, found.shape)
        if before.shape != after.shape:
            return TensorDifference(
                name, "shape", _types(before, after), after.shape, detail=f"was {list(before.shape)}"
            )
        if before.dtype == after.dtype and self._same_bytes(before, after):
            return TensorDifference(name, "equal", after.dtype, after.shape, cosine=1.0)
        if before.dtype not in COMPARABLE or after.dtype not in COMPARABLE:
            state: State = "changed" if before.dtype == after.dtype else "dtype"
            return TensorDifference(name, state, _types(before, after), after.shape, detail="values are not decoded")
        return self._by_value(before, after)

    def _same_bytes(self, before: Tensor, after: Tensor) -> bool:
        if before.bytes != after.bytes:
            return False
        old, new = self._before.file_of(before), self._after.file_of(after)
        for start in range(0, after.bytes, _PIECE):
            end = min(start + _PIECE, after.bytes)
            with (
                old.piece(before.offset + start, before.offset + end) as one,
                new.piece(after.offset + start, after.offset + end) as other,
            ):
                if not _same(one, other):
                    return False
        return True

    def _by_value(self, before: Tensor, after: Tensor) -> TensorDifference:
        old, new = self._before.file_of(before), self._after.file_of(after)
        width_before, width_after = ELEMENT_BYTES[before.dtype], ELEMENT_BYTES[after.dtype]
        sums, cast = Sums(), CastCheck(before.dtype, after.dtype)
        step = _PIECE // max(width_before, width_after)
        for first in range(0, after.elements, step):
            last = min(first + step, after.elements)
            with (
                old.piece(before.offset + first * width_before, before.offset + last * width_before) as one,
                new.piece(after.offset + first * width_after, after.offset + last * width_after) as other,
            ):
                for start in range(0, last - first, BLOCK):
                    end = min(start + BLOCK, last - first)
                    raw = other[start * width_after : end * width_after]
                    was = values_of(one[start * width_before : end * width_before], before.dtype)
                    sums.add(was, values_of(raw, after.dtype))
                    cast.see(was, raw)
                    del raw, was
        return _difference(before, after, sums, cast.way)


def _difference(before: Tensor, after: Tensor, sums: Sums, way: str) -> TensorDifference:
    state: State = "changed" if before.dtype == after.dtype else "cast" if way else "dtype"
    norms = math.sqrt(max(sums.before, 0.0)) * math.sqrt(max(sums.after, 0.0))
    details = [f"cast, {way}"] if state == "cast" else []
    if sums.strange:
        details.append(f"{sums.strange} elements are not finite numbers")
    elif state == "changed" and not sums.changed:
        details.append("only the signs of zeros or the payloads of NaNs differ")
    return TensorDifference(
        name=after.name,
        state=state,
        dtype=_types(before, after),
        shape=after.shape,
        changed_fraction=sums.changed / sums.elements if sums.elements else 0.0,
        max_difference=sums.largest,
        mean_difference=sums.total / sums.elements if sums.elements else 0.0,
        relative_difference=math.sqrt(sums.squares / sums.before) if 0 < sums.before < math.inf else 0.0,
        cosine=max(-1.0, min(1.0, sums.product / norms)) if 0 < norms < math.inf else None,
        detail="; ".join(details),
    )


def _same(one: memoryview, other: memoryview) -> bool:
    """Equality of bytes, in blocks that fit the cache."""
    words = len(one) // 8 * 8
    left, right = np.frombuffer(one[:words], np.uint64), np.frombuffer(other[:words], np.uint64)
    return one[words:] == other[words:] and all(
        np.array_equal(left[start : start + BLOCK], right[start : start + BLOCK])
        for start in range(0, len(left), BLOCK)
    )


def _types(before: Tensor, after: Tensor) -> str:
    return after.dtype if before.dtype == after.dtype else f"{before.dtype} -> {after.dtype}"


def _opaque(tensors: list[TensorDifference]) -> Iterator[Skipped]:
    for tensor in tensors:
        if tensor.state == "dtype" and tensor.detail:
            yield Skipped(tensor.name, f"the values of {tensor.dtype} cannot be compared")


_SEVERITY: dict[State, Severity] = {
    "changed": "high",
    "shape": "high",
    "dtype": "high",
    "added": "high",
    "removed": "high",
    "cast": "info",
}
_TITLE: dict[State, str] = {
    "changed": "The values of {name} were changed",
    "shape": "The shape of {name} was changed",
    "dtype": "The type of {name} was changed, and its values are not a cast of the old ones",
    "added": "The tensor {name} was added",
    "removed": "The tensor {name} was removed",
    "cast": "{name} was cast to another type and is otherwise the same",
}


def _findings(tensors: list[TensorDifference]) -> Iterator[Finding]:
    """One finding a tensor that differs, the gravest first; those beyond the limit in one."""
    order = list(_SEVERITY)
    differing = sorted(
        (tensor for tensor in tensors if tensor.state != "equal"),
        key=lambda tensor: (order.index(tensor.state), -tensor.relative_difference, tensor.name),
    )
    casts = [tensor for tensor in differing if tensor.state == "cast"]
    if len(casts) > 1:
        differing = [tensor for tensor in differing if tensor.state != "cast"]
    for tensor in differing[:MAX_FINDINGS]:
        yield _finding(tensor)
    if beyond := differing[MAX_FINDINGS:]:
        last = _finding(beyond[0])
        yield replace(last, title=f"{len(beyond)} more tensors differ", location=Location(), evidence="")
    if len(casts) > 1:
        first = _finding(casts[0])
        yield replace(
            first,
            title=f"{len(casts)} tensors were cast to another type and are otherwise the same",
            location=Location(),
        )


def _finding(tensor: TensorDifference) -> Finding:
    numbers = (
        f"{tensor.changed_fraction:.2%} of the elements, by {tensor.mean_difference:.3g} on average and "
        f"{tensor.max_difference:.3g} at most"
    )
    facts = [f"{tensor.dtype}{list(tensor.shape)}", numbers if tensor.changed_fraction else "", tensor.detail]
    return Finding(
        rule=f"model.tensor.{tensor.state}",
        severity=_SEVERITY[tensor.state],
        title=_TITLE[tensor.state].format(name=tensor.name),
        location=Location(path=tensor.name),
        evidence="; ".join(fact for fact in facts if fact),
        remediation="" if tensor.state == "cast" else "Find out who changed the weights, or go back to the reference.",
    )


def _subject(target: Path) -> Subject:
    inventory = take_inventory(target)
    manifest = build_manifest(inventory.files, Serialization("files", "blake3"))
    return Subject("model", manifest.digest(single=inventory.single), inventory.root.name)
