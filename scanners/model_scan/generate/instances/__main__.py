"""Real objects of real libraries, pickled: `python instances FOLDER`, run by an interpreter that has the libraries.

A file a protocol and object. What cannot be made with the installed versions is left out and counted. The files are
trusted input of `observed.py`, which reads from them what each library's own `__reduce__` asks for. Runs without Yumen:
its neighbours in this folder are imported as they lie.
"""

from __future__ import annotations

import collections
import copyreg
import io
import itertools
import pickle
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import learning
import networks
import science
from making import trying

warnings.simplefilter("ignore")


def main() -> int:
    """Write every object under the folder named on the command line."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    numbers = itertools.count()
    left_out = collections.Counter[str]()
    for family in (*science.FAMILIES, *learning.FAMILIES, *networks.FAMILIES):
        try:
            for name, made in family():
                for protocol in (0, 2, 4, 5):
                    written = trying(lambda made=made, protocol=protocol: pickle.dumps(made, protocol))
                    if not written:
                        left_out[family.__name__] += 1
                        continue
                    safe = "".join(letter if letter.isalnum() else "_" for letter in name)[:60]
                    (folder / f"{next(numbers):06}_{safe}_{protocol}.pkl").write_bytes(written[0])
                if family is networks.torch_objects:
                    _write_torch(folder / f"{next(numbers):06}_torch.pkl", made)
        except Exception as error:  # noqa: BLE001 - a family whose library is absent or broken is left out, and named
            print(f"{family.__name__} ended early: {type(error).__name__}: {error}", file=sys.stderr)
    print(
        f"{next(numbers)} files; could not be pickled: {dict(left_out)}; {len(copyreg.dispatch_table)} copyreg entries"
    )
    return 0


def _write_torch(path: Path, made: Any) -> None:
    """The pickle inside what torch.save writes: tensors by persistent id."""
    import torch

    buffer = io.BytesIO()
    if trying(lambda: torch.save(made, buffer)):
        with zipfile.ZipFile(buffer) as archive:
            name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
            path.write_bytes(archive.read(name))


if __name__ == "__main__":
    raise SystemExit(main())
