"""Mutants of hostile files: one that passes asks the real loaders for nothing that is not allowed.

The oracle is Python's own `pickle`, both of its machines, with a `find_class` that notes the name and gives a stand-in:
nothing is imported, and what is called is the stand-in.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import pickletools
import random
import zipfile
from collections.abc import Iterator

import pytest

from scanners.model_scan import scan_bytes
from scanners.model_scan.callables import canonical, standing

from . import samples as SAMPLES
from .conftest import verdict_of

MUTANTS = 700
OPCODES = bytes(opcode.code.encode("latin-1")[0] for opcode in pickletools.opcodes)
INERT = ("inert", "observed", "restorable", "referable")


class Stand:
    """Takes every call, state and item, and does nothing."""

    def __new__(cls, *_args: object, **_kwargs: object) -> Stand:
        return object.__new__(cls)

    def __init__(self, *_args: object, **_kwargs: object) -> None: ...

    def __setstate__(self, state: object) -> None: ...

    def __setitem__(self, key: object, value: object) -> None: ...

    def append(self, item: object) -> None: ...

    def extend(self, items: object) -> None: ...

    def add(self, item: object) -> None: ...


def names_asked(content: bytes) -> set[tuple[str, str]]:
    """Every name that C pickle or Python's pickle would import while they load `content`, however that ends."""
    asked: set[tuple[str, str]] = set()

    def note(_self: object, module: object, name: object) -> type[Stand]:
        asked.add((str(module), str(name)))
        return Stand

    methods = {"find_class": note, "persistent_load": lambda _self, _id: Stand()}
    for base in (pickle.Unpickler, pickle._Unpickler):
        with contextlib.suppress(Exception):  # a broken stream: what it asked for until then counts
            type("Recorder", (base,), methods)(io.BytesIO(content)).load()
    return asked


def not_allowed(content: bytes) -> set[tuple[str, str]]:
    return {
        (module, name) for module, name in names_asked(content) if standing(*canonical(module, name)).kind not in INERT
    }


def mutant(chance: random.Random, content: bytes, other: bytes) -> bytes:
    raw = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(raw) + 1)
        span = chance.randint(1, 12)
        match chance.randrange(7):
            case 0:
                raw[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del raw[at : at + span]
            case 2:
                raw[at:at] = bytes([chance.choice(OPCODES)])
            case 3:
                raw[at:at] = raw[max(0, at - span) : at]
            case 4:
                raw[at:] = b""
            case 5:
                start = chance.randrange(len(other))
                raw[at:at] = other[start : start + span]
            case 6 if at < len(raw):
                raw[at] ^= 1 << chance.randrange(8)
    return bytes(raw) or b"."


def mutants(seed: int, kinds: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    chance = random.Random(seed)
    pool = [sample for sample in SAMPLES.hostile(seed) if sample.name.endswith(kinds) and len(sample.content) < 20_000]
    for _ in range(MUTANTS):
        sample = chance.choice(pool)
        yield sample.name.rpartition("-")[2], mutant(chance, sample.content, chance.choice(pool).content)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_mutated_pickle_that_passes_asks_for_nothing_that_is_not_allowed(seed):
    for name, content in mutants(seed, (".pkl",)):
        if verdict_of(scan_bytes(name, content)) == "pass":
            assert not_allowed(content) == set(), content


@pytest.mark.parametrize("seed", [21, 22])
def test_a_mutated_archive_that_passes_holds_nothing_that_asks_for_more(seed):
    for name, content in mutants(seed, (".pt", ".npz", ".zip", ".keras", ".skops", ".bin")):
        if verdict_of(scan_bytes(name, content)) != "pass":
            continue
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = [archive.read(member) for member in archive.infolist() if member.file_size < 1 << 20]
        except Exception:
            continue  # no archive any more: no loader finds a member in it
        assert [found for member in members if (found := not_allowed(member))] == [], content


@pytest.mark.parametrize("seed", [31, 32])
def test_a_mutant_of_any_format_gets_a_verdict(seed):
    for name, content in mutants(seed, ("",)):
        assert verdict_of(scan_bytes(name, content)) in ("pass", "fail", "unknown")


def test_the_oracle_sees_what_a_loader_would_import():
    assert not_allowed(b"cos\nsystem\n(S'id'\ntR.") == {("os", "system")}
    assert not_allowed(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R") == {("os", "system")}
    assert not_allowed(b"ccollections\nOrderedDict\n)R.") == set()
