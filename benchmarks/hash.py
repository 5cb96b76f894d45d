"""How fast `hash_model` is, against the machine's limits and against other programs, on the same bytes in one run.

    python benchmarks/hash.py [--gigabytes 4] [--rounds 3] [--cold] [--folder DIR]

Every round runs every contender once, in turn, and each contender's best round counts. Prints GB/s (10^9) and the ratio
to the limit of the same set: warm, all cores hashing with `openssl dgst -sha256`, one process a core; cold, reading the
files without hashing.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from scanners.model_files.hashing import hash_model

SHARDS = 8
CORES = len(os.sched_getaffinity(0))
Run = Callable[[], object]


@dataclass(frozen=True)
class Model:
    """A set of files of random bytes."""

    name: str
    folder: Path

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir())

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for path in self.files)


def made(folder: Path, gigabytes: float) -> Iterator[Model]:
    """The same number of bytes as many shards and as one huge file."""
    block = os.urandom(64 << 20)
    for name, count in (("many shards", SHARDS), ("one huge file", 1)):
        model = Model(name, folder / name.replace(" ", "-"))
        model.folder.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            path = model.folder / f"model-{index:05}-of-{count:05}.safetensors"
            size = int(gigabytes * 1e9 / count)
            if not path.exists() or path.stat().st_size != size:
                with path.open("wb") as file:
                    for start in range(0, size, len(block)):
                        file.write(block[: size - start])
                    os.fsync(file.fileno())
        yield model


def openssl(model: Model) -> None:
    """One process a core, the files shared out as they come."""
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(_openssl, model.files))


def _openssl(path: Path) -> None:
    subprocess.run(["openssl", "dgst", "-sha256", str(path)], check=True, stdout=subprocess.DEVNULL)


def openssl_on_shards(model: Model) -> None:
    """What a single file allows when its shards are hashed apart: `tail -c +N | head -c M | openssl`, one a core."""
    size = model.bytes
    step = -(-size // SHARDS)

    def one(start: int) -> None:
        command = f"tail -c +{start + 1} '{model.files[0]}' | head -c {step} | openssl dgst -sha256"
        subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(one, range(0, size, step)))


def b3sum(model: Model) -> None:
    subprocess.run(["b3sum", *map(str, model.files)], check=True, stdout=subprocess.DEVNULL)


def blake3_package(model: Model) -> None:
    from blake3 import blake3

    for path in model.files:
        blake3(max_threads=blake3.AUTO).update_mmap(path).hexdigest()


def model_signing_command(model: Model, key: Path, signature: Path) -> None:
    command = [sys.executable, "-m", "model_signing", "sign", "key", "--private_key", str(key)]
    subprocess.run([*command, "--signature", str(signature), str(model.folder)], check=True, capture_output=True)


def read_only(model: Model) -> None:
    """As many readers as `hash_model` has; a disk may give more to more of them."""
    with ThreadPoolExecutor(CORES + 1) as pool:
        list(pool.map(_read, model.files))


def _read(path: Path) -> None:
    buffer = bytearray(4 << 20)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def forget(model: Model) -> None:
    """Drop the files' pages from memory. Needs no privilege, only clean pages."""
    for path in model.files:
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


READING = "limit: reading alone"
HASHING = "limit: openssl dgst, one process a core, many shards"


def contenders(model: Model, shards: Model, scratch: Path) -> dict[str, Run]:
    """What to run on `model`; `shards` holds as many bytes in many files, which is what openssl can use all cores on."""
    found: dict[str, Run] = {
        READING: lambda: read_only(model),
        HASHING: lambda: openssl(shards),
        "hash_model (files)": lambda: hash_model(model.folder),
    }
    if len(model.files) == 1:
        size = -(-model.bytes // SHARDS)
        found["hash_model (shards)"] = lambda: hash_model(model.folder, method="shards", shard_size=size)
        found["openssl dgst on the one file, one core"] = lambda: openssl(model)
        found["openssl dgst on its parts through pipes, all cores"] = lambda: openssl_on_shards(model)
    if shutil.which("b3sum"):
        found["b3sum"] = lambda: b3sum(model)
    else:
        found["blake3 from PyPI, all cores (b3sum is not installed)"] = lambda: blake3_package(model)
    found["hash_model (files, blake3)"] = lambda: hash_model(model.folder, algorithm="blake3")
    if importlib.util.find_spec("model_signing"):
        key = scratch / "key.pem"
        command = ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key)]
        subprocess.run(command, check=True)
        found["model_signing sign key (its command)"] = lambda: model_signing_command(model, key, scratch / "sig")
    return found


def measured(runs: dict[str, Run], rounds: int, prepare: Callable[[], None]) -> dict[str, float]:
    """Seconds of the best round by contender."""
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            prepare()
            started = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - started)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=4.0, help="size of each set")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cold", action="store_true", help="also with nothing in memory")
    parser.add_argument("--folder", type=Path, help="where the sets are kept; a temporary folder if not given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch) / "sets"
        models = list(made(folder, options.gigabytes))
        for model in models:
            runs = contenders(model, models[0], Path(scratch))
            for cold in (False, True) if options.cold else (False,):
                best = measured(runs, options.rounds, lambda m=model, c=cold: _prepare((m, models[0]), cold=c))
                limit = READING if cold else HASHING
                print(f"\n{model.name}, {'cold' if cold else 'warm'}: {model.bytes / 1e9:.1f} GB, {CORES} cores")
                print(f"  {'':54}{'GB/s':>6}  ratio to '{limit}'")
                for name, seconds in best.items():
                    print(f"  {name:54}{model.bytes / seconds / 1e9:6.2f}  {best[limit] / seconds:5.2f}")


def _prepare(models: tuple[Model, ...], *, cold: bool) -> None:
    for model in models:
        forget(model) if cold else read_only(model)


if __name__ == "__main__":
    main()
