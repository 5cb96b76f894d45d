"""How fast `compare_models` streams, in bytes of both checkpoints per second of processor time and of wall time.

    python benchmarks/compare.py [--gigabytes 1] [--rounds 3]

The limit printed beside it is `cmp` on the same two files: equality of bytes and nothing else. The contenders run in
turn; the best round of each counts. Digests of both models (BLAKE3) are part of every answer and of the time.
"""

from __future__ import annotations

import argparse
import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from scanners.model_files.weights.comparison import compare_models

LAYERS = 16


def bfloat(values: np.ndarray) -> np.ndarray:
    bits = values.view(np.uint32)
    return ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype("<u2")


def write(path: Path, dtype: str, layers: Mapping[str, np.ndarray]) -> Path:
    header, offset = {}, 0
    for name, values in layers.items():
        end = offset + values.nbytes
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in layers.values():
            values.tofile(file)
    return path


def made(folder: Path, gigabytes: float) -> dict[str, tuple[Path, Path]]:
    """Pairs of checkpoints (target, reference), each float32 one of about `gigabytes`."""
    random = np.random.default_rng(1)
    count = int(gigabytes * 1e9 / 4 / LAYERS / 1024) * 1024
    layers = {f"layers.{layer}.weight": random.standard_normal(count, dtype=np.float32) for layer in range(LAYERS)}
    tuned = {name: values * np.float32(1.01) for name, values in layers.items()}
    full = write(folder / "f32.safetensors", "F32", layers)
    half = write(folder / "bf16.safetensors", "BF16", {name: bfloat(values) for name, values in layers.items()})
    return {
        "equal, float32": (write(folder / "same.safetensors", "F32", layers), full),
        "every value changed, float32": (write(folder / "tuned.safetensors", "F32", tuned), full),
        "every value changed, bfloat16": (
            write(folder / "tuned16.safetensors", "BF16", {name: bfloat(values) for name, values in tuned.items()}),
            half,
        ),
        "a cast of float32 to bfloat16": (half, full),
    }


def measured(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds of processor time (children included) and of wall time."""

    def used() -> float:
        both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(one.ru_utime + one.ru_stime for one in both)

    started, before = time.perf_counter(), used()
    run()
    return used() - before, time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'':32}{'GB/CPU s':>9}{'GB/s':>7}{'cmp GB/CPU s':>14}{'ratio':>7}")
        pairs = made(Path(folder), options.gigabytes)
        same = ["cmp", *map(str, pairs["equal, float32"])]
        for name, (target, reference) in pairs.items():
            total = (target.stat().st_size + reference.stat().st_size) / 1e9
            for path in (target, reference):
                path.read_bytes()
            ours, walls, peers = [], [], []
            for _ in range(options.rounds):
                processor, wall = measured(lambda t=target, r=reference: compare_models(t, r))
                ours.append(processor)
                walls.append(wall)
                peers.append(measured(lambda: subprocess.run(same, check=True))[0])
            own, limit = total / min(ours), 2 * Path(same[-1]).stat().st_size / 1e9 / min(peers)
            print(f"{name:32}{own:9.2f}{total / min(walls):7.2f}{limit:14.2f}{own / limit:7.2f}")


if __name__ == "__main__":
    main()
