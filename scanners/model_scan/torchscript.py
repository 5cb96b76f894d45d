"""TorchScript: the code/ folder of a PyTorch archive. It is interpreted by torch, not by Python, and calls torch operators."""

from __future__ import annotations

import re

from scanners.model_scan.parts import Examiner, Part

_MAX_SOURCE = 64 << 20
_OPERATOR = re.compile(r"\bops\.(\w+)\.(\w+)|\btorch\.classes\.(\w+)\.(\w+)")
_OWN = frozenset(
    (
        "aten",
        "prim",
        "prims",
        "quantized",
        "quantized_decomposed",
        "torchvision",
        "inplace",
        "sparse",
        "mkldnn",
        "xnnpack",
        "profiler",
        "_caffe2",
        "torchaudio",
        "fb",
        "static",
        "prepacked",
        "_quantized",
        "onednn",
        "rngprims",
    )
)
# Operators that read or write files: a script that calls one reaches outside its tensors.
_FILES = re.compile(
    r"\b(?:torch|ops\.aten|aten)\.(?:from_file|save|load|_save|tofile|fromfile)\s*\(|\b(?:ops\.)?aten[.:]+(?:from_file|save)\b"
)
_EXPORTED = re.compile(r"torch\.ops\.(\w+)\.(\w+)(?:\.\w+)?")


def is_own_operator(path: str) -> bool:
    """Whether `torch.ops.aten.relu.default` and the like, as torch.export writes them, compute and no more."""
    named = _EXPORTED.fullmatch(path)
    return named is not None and named.group(1) in _OWN and named.group(2) not in ("from_file", "save", "load")


def is_torchscript(part: Part) -> bool:
    """Whether a part is a source file of a TorchScript archive: under code/, beside constants.pkl."""
    root, found, _ = part.name.partition("code/")
    return bool(found) and f"{root}constants.pkl" in part.siblings


def read_torchscript(part: Part, scan: Examiner) -> None:
    """Examine a source file of a TorchScript archive."""
    ledger = scan.ledger
    ledger.count("torchscript files")
    if len(part.data) > _MAX_SOURCE:
        ledger.skip(part.path, "a TorchScript file of more than 64 MiB")
        return
    source = bytes(part.data).decode("utf-8", "replace")
    for found in _FILES.finditer(source):
        ledger.find(
            "model.torchscript.dangerous", part.path, found.group(), line=source.count("\n", 0, found.start()) + 1
        )
    for found in _OPERATOR.finditer(source):
        namespace = found.group(1) or found.group(3)
        if namespace not in _OWN:
            shown = f"{namespace}.{found.group(2) or found.group(4)}"
            ledger.find("model.torchscript.code", part.path, shown, line=source.count("\n", 0, found.start()) + 1)
            ledger.skip(f"{part.path}: {shown}", "an operator of an unknown library")
